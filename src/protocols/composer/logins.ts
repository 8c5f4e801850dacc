/** `COMPOSER_AUTH`: logins by host, in JSON (Composer's `doc/articles/authentication-for-private-packages.md`). Pure. */
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { origin, type Target } from "../../core/target.ts";
import type { Grant } from "../tool-protocol.ts";
import { asRecord } from "./project.ts";

/** Hosts that have another name for what is downloaded there. */
const SAME = /^(api|codeload)\.(github\.com)$/;
const GITHUB = "github.com";
/** What Composer takes for such a token (its `BaseIO::loadConfiguration`). */
const GITHUB_TOKEN = /^[.A-Za-z0-9_]+$/;
const KINDS = ["bitbucket-oauth", "github-oauth", "gitlab-oauth", "gitlab-token", "http-basic", "bearer", "custom-headers"];

const GITLAB_DOMAINS = "gitlab-domains";

/** Where the token for a host is looked for. */
export function loginPlace(target: Target): Target {
  const host = SAME.exec(target.host)?.[2];
  return host === undefined ? target : { ...target, host, path: [] };
}

/** As Composer names it: the port only where it is written. */
export function hostOf(target: Target): string {
  return origin(target).replace(/^[a-z]+:\/\//, "");
}

/** What a person has in `COMPOSER_AUTH`, and for which hosts. */
export interface OwnLogins {
  readonly hosts: ReadonlySet<string>;
  readonly value: Readonly<Record<string, unknown>>;
}

/** @throws Failure `unavailable` for what Composer can't read either */
export function ownLogins(text: string | undefined): OwnLogins {
  if (text === undefined || text === "") return { hosts: new Set(), value: {} };
  try {
    const value = asRecord(JSON.parse(text));
    return { hosts: new Set(KINDS.flatMap((kind) => Object.keys(asRecord(value[kind])))), value };
  } catch {
    throw new Failure("unavailable", "COMPOSER_AUTH is not JSON", { hint: "unset COMPOSER_AUTH" });
  }
}

/** Whether Composer takes the token at all. */
export function isTaken({ need, token }: Grant): boolean {
  return need.target.host !== GITHUB || GITHUB_TOKEN.test(token.secret.reveal());
}

/**
 * With our logins besides. To every host whose name is the beginning of one of `gitlab-domains` Composer sends what is for that, unless it
 * is one of these itself (its `Url::getOrigin`). `gitlab.com` is always one, a project may name more, also by a login for it, and lists are
 * put together: so each beginning of a host of ours is made one, too, for which there is nothing.
 */
export function withLogins(own: OwnLogins["value"], grants: readonly Grant[]): Secret {
  const domains: unknown[] = [own[GITLAB_DOMAINS] ?? []].flat();
  const beginnings = grants.flatMap(({ need }) => beginningsOf(hostOf(need.target)));
  const value: Record<string, unknown> = { ...own, [GITLAB_DOMAINS]: [...domains, ...beginnings] };
  for (const { need, token, presents } of grants) {
    const password = token.secret.reveal();
    const kind = need.target.host === GITHUB ? "github-oauth" : presents === "Bearer" ? "bearer" : "http-basic";
    const login = kind === "http-basic" ? { username: token.username, password } : password;
    value[kind] = { ...asRecord(value[kind]), [hostOf(need.target)]: login };
  }
  return new Secret(JSON.stringify(value));
}

function beginningsOf(host: string): string[] {
  return Array.from({ length: host.length - 1 }, (_, index) => host.slice(0, index + 1));
}
