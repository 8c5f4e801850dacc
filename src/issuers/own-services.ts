/** The user's own services: `[service.NAME]` in config.toml. */
import * as z from "zod/mini";
import { duration } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { absolutePath, programWithArguments, time } from "../platform/setting-forms.ts";
import { newTarget } from "../protocols/new-target.ts";
import { TOOL_NAMES } from "../protocols/tool-facts.ts";
import type { ToolName } from "../protocols/tools.ts";
import type { FetchCommand, OAuthClient, ToolPlace } from "./declared.ts";
import type { Issuer } from "./issuer.ts";
import { ISSUERS } from "./issuers.ts";
import { NPM_TOOLS } from "./npm-tools.ts";
import { assertPrivate } from "./registry.ts";
import { serviceOf, type Service } from "./service.ts";

/** Of a host of which nothing is known. */
const NONE: Issuer = { name: "none", bearer: NPM_TOOLS, describes: false };

/** Of a host whose tokens a command of the person's prints. */
const COMMAND: Issuer = { name: "command", bearer: [...NPM_TOOLS, "http"], describes: false };

/** Whose services a person can have: those where something can be done by program, and any host. */
const OFFERED: readonly Issuer[] = [
  ...ISSUERS.filter(({ inspect }) => inspect !== undefined).toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  COMMAND,
  NONE,
];

const auth = z.optional(z.enum(["basic", "bearer"]));
const username = z.optional(z.string().check(z.minLength(1)));

/** What such a table may hold. */
export const ownService = z.strictObject({
  issuer: z._default(z.enum(OFFERED.map(({ name }) => name)), NONE.name),
  url: z.string(),
  /** Of an app that the person has registered there. */
  app_id: z.optional(z.string().check(z.minLength(1))),
  title: z.optional(z.string()),
  page: z.optional(z.string()),
  auto: z.optional(z.boolean()),
  ttl: z.optional(time),
  cacert: z.optional(absolutePath),
  /** The program, and its arguments. */
  command: z.optional(programWithArguments),
  /** By what an OAuth server knows the person's own client there, and a URL that takes valid tokens only. */
  client_id: z.optional(z.string().check(z.minLength(1))),
  check: z.optional(z.string()),
  /** The scope of tokens that are made, by tool; of all tokens of an OAuth server as a list. */
  scopes: z.optional(z.union([z.array(z.string()), z.strictObject(byTool(z.optional(z.string())))])),
  git: z.optional(z.strictObject({ url: z.string(), auth, username })),
  maven: z.optional(z.strictObject({ server: z.string(), url: z.string(), auth, username })),
  npm: z.optional(z.strictObject({ scope: z.optional(z.string()), registry: z.string(), auth, username })),
  http: z.optional(z.strictObject({ url: z.string(), auth, username })),
});

const PRESENTS = { basic: "Basic", bearer: "Bearer" } as const;

export type OwnService = z.infer<typeof ownService>;

/** A table as a service. @throws Failure `usage` for a URL or a time that is none */
export function readOwnService(name: string, table: OwnService): Service {
  const url = table.url.replace(/\/+$/, "");
  assertPrivate(newTarget(url));
  const { git, maven, npm, http } = table;
  const lifetime = table.ttl === undefined ? undefined : duration(table.ttl) / 1000;
  assertCommand(table);
  const issuer = issuerOf(table);
  const client = clientOf(table, issuer);
  const scopes = Array.isArray(table.scopes) ? undefined : table.scopes;
  const place = (tool: ToolName, at: string, how: HowPresented): ToolPlace => ({
    url: at,
    presents: how.auth && PRESENTS[how.auth],
    scope: scopes?.[tool],
    username: how.username,
  });
  const tools = {
    ...(git && { git: place("git", git.url, git) }),
    ...(maven && { maven: { ...place("maven", maven.url, maven), server: maven.server } }),
    ...(npm && Object.fromEntries(NPM_TOOLS.map((tool) => [tool, { ...place(tool, npm.registry, npm), npmScope: npm.scope }]))),
    ...(http && { http: place("http", http.url, http) }),
  };
  return serviceOf(issuer, {
    name,
    title: table.title ?? name,
    url,
    page: table.page,
    // Where a kind of service has its tools is known.
    tools: Object.keys(tools).length === 0 ? (issuer.anyHost?.tools(url) ?? {}) : tools,
    auto: table.auto,
    ttl: lifetime,
    caFile: table.cacert,
    command: table.command && { argv: programOf(table.command), lifetime },
    client,
  });
}

/** @throws Failure `usage` for the app of a service that has none */
function issuerOf({ issuer: name, app_id: appId }: z.infer<typeof ownService>): Issuer {
  const issuer = OFFERED.find((offered) => offered.name === name) ?? NONE;
  if (appId === undefined) return issuer;
  const own = issuer.withApp?.(appId);
  if (own !== undefined) return own;
  const having = OFFERED.flatMap((offered) => (offered.withApp === undefined ? [] : [`issuer = "${offered.name}"`]));
  throw new Failure("usage", `'${name}' has no apps`, { hint: `app_id is for ${having.join(", ")}` });
}

function programOf([program = "", ...rest]: readonly string[]): FetchCommand["argv"] {
  return [program, ...rest];
}

/** How the tokens of one tool are presented. */
interface HowPresented {
  readonly auth?: z.infer<typeof auth>;
  readonly username?: string | undefined;
}

/** @throws Failure `usage` where it is missing, or of no use */
function clientOf(table: z.infer<typeof ownService>, { name, client }: Issuer): OAuthClient | undefined {
  const { client_id: clientId, check, scopes } = table;
  if (clientId === undefined) {
    if (client === "needed") {
      throw new Failure("usage", "there is no client_id", {
        hint: "register a public client (one without a secret) at the server: redirect http://127.0.0.1/back, any port, or codes for devices",
      });
    }
    if (check === undefined && !Array.isArray(scopes)) return undefined;
    const what = check === undefined ? "a list of scopes" : "check";
    throw new Failure("usage", `${what} goes with client_id`, { hint: 'scopes by tool: { git = "…" }' });
  }
  if (client === undefined) {
    throw new Failure("usage", `client_id is not for issuer = "${name}"${table.app_id === undefined ? "" : " with app_id"}`, {
      hint: `it is for: ${OFFERED.filter((each) => each.client !== undefined).map((each) => each.name).join(", ")}`,
    });
  }
  if (check !== undefined) assertPrivate(newTarget(check));
  return { clientId, check, scopes: Array.isArray(scopes) ? scopes.join(" ") : undefined };
}

/** @throws Failure `usage` for what fits together with no command, or with none but one */
function assertCommand(table: z.infer<typeof ownService>): void {
  const isFetched = table.issuer === COMMAND.name;
  if (isFetched !== (table.command !== undefined)) {
    throw new Failure("usage", isFetched ? "there is no command" : "a command is run for issuer = \"command\" only", {
      hint: 'issuer = "command", and command = ["/usr/bin/aws", "codeartifact", "get-authorization-token", "--domain", "acme"]',
    });
  }
  const isNamed = [table.git, table.maven, table.npm, table.http].some((tool) => tool?.username !== undefined);
  if (isFetched || table.client_id !== undefined || !isNamed) return;
  throw new Failure("usage", "a user name is for tokens that a command prints, or an OAuth server gives; others have one each", {
    hint: `toolkey add ${table.title ?? "SERVICE"} --username NAME`,
  });
}

function byTool<Schema>(schema: Schema): Record<ToolName, Schema> {
  return Object.fromEntries(TOOL_NAMES.map((tool) => [tool, schema])) as Record<ToolName, Schema>;
}
