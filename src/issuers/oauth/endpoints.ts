/** Where an OAuth server has what: its metadata (RFC 8414, and OpenID Connect Discovery 1.0 where there is no other). */
import * as z from "zod/mini";
import { isReadableOnTheWay, parseTarget } from "../../core/target.ts";
import type { Http } from "../http.ts";
import type { NoAnswer } from "../outcomes.ts";
import { noAnswer } from "../no-answer.ts";

export interface Endpoints {
  readonly issuer?: string | undefined;
  readonly token: string;
  readonly authorize?: string | undefined;
  readonly device?: string | undefined;
  readonly revoke?: string | undefined;
  readonly introspect?: string | undefined;
  /** Whether it says in each answer of its page who it is (RFC 9207). */
  readonly namesItself?: boolean | undefined;
}

/** A URL that nobody reads on the way; a page of it can be opened in a browser. */
export const safeUrl = z.url().check(z.refine((text) => !isReadable(text)));

const endpoint = z.optional(safeUrl);

const metadata = z.object({
  issuer: z.string(),
  token_endpoint: safeUrl,
  authorization_endpoint: endpoint,
  device_authorization_endpoint: endpoint,
  revocation_endpoint: endpoint,
  introspection_endpoint: endpoint,
  authorization_response_iss_parameter_supported: z.optional(z.boolean()),
});

/** Asks a server for its metadata, at both places that it may have it. */
export async function discover(url: string, http: Http): Promise<Endpoints | NoAnswer> {
  let missing: NoAnswer | undefined;
  for (const place of placesOf(url)) {
    const answer = await http.send({ method: "GET", url: place });
    if (answer.kind === "json" && answer.status === 200) {
      const read = readMetadata(answer.body, url);
      if (!("outcome" in read)) return read;
      missing = read;
      continue;
    }
    const none = noAnswer(answer);
    if (none !== undefined && none.outcome !== "wrong-host") return none;
    missing ??= { outcome: "wrong-host", detail: "it says nowhere where its endpoints are (RFC 8414)" };
  }
  if (missing === undefined) throw new Error("no place was asked");
  return missing;
}

/** The well-known part stands before a path in RFC 8414 §3.1, and behind it in OpenID Connect Discovery §4. */
function placesOf(url: string): string[] {
  const { origin, pathname } = new URL(url);
  const path = pathname.replace(/\/+$/, "");
  return [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}${path}/.well-known/openid-configuration`];
}

function readMetadata(body: unknown, url: string): Endpoints | NoAnswer {
  const parsed = metadata.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { outcome: "wrong-host", detail: `its metadata (RFC 8414) has no usable ${issue?.path.join(".") ?? "form"}` };
  }
  const found = parsed.data;
  // RFC 8414 §3.3: else another server's could be handed out in its name.
  if (withoutSlash(found.issuer) !== withoutSlash(url)) {
    const isSameHost = new URL(url).host === hostOf(found.issuer);
    return { outcome: "wrong-host", detail: `its metadata is that of another ${isSameHost ? "path" : "host"}` };
  }
  return {
    issuer: found.issuer,
    token: found.token_endpoint,
    authorize: found.authorization_endpoint,
    device: found.device_authorization_endpoint,
    revoke: found.revocation_endpoint,
    introspect: found.introspection_endpoint,
    namesItself: found.authorization_response_iss_parameter_supported,
  };
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

/** Whether what is sent there could be read on the way, or is no place at all. */
function isReadable(url: string): boolean {
  if (!/^https?:/i.test(url)) return true;
  return isReadableOnTheWay(parseTarget(new URL(url).origin));
}
