/** The user's `.npmrc` with tokens in it, as a client reads it from a descriptor. Pure. */
import { Secret } from "../../../core/secret.ts";
import { basicCredentials } from "../../authorization.ts";
import type { Grant } from "../../tool-protocol.ts";
import { expandVariables, npmrcKey } from "./npmrc.ts";

const BEGIN = "; toolkey: begin";
const END = "; toolkey: end";

/** The kinds of credentials of one registry, of which a client takes the first that it knows. */
const CREDENTIALS = ["_authToken", "_auth", "_password", "username", "tokenHelper"];

/** A line to be added. */
export interface UserSetting {
  readonly key: string;
  readonly value: string | Secret;
}

/**
 * The user's file with settings added. What it said of the same registries is left out, whatever the kind
 * of credentials, and what an outer `toolkey run` had added.
 */
export function userConfig(text: string, added: readonly UserSetting[], environment: Readonly<Record<string, string>>): Secret {
  const replaced = new Set(added.flatMap(({ key }) => replacedKeys(key)));
  const kept = withoutOurs(text)
    .split(/[\r\n]+/)
    .filter((line) => {
      const key = npmrcKey(line);
      return key === undefined || !replaced.has(expandVariables(key, environment));
    });
  // At the top: what follows a [section] would belong to it.
  const ours = added.map(({ key, value }) => `${key}=${value instanceof Secret ? value.reveal() : value}`);
  return new Secret([BEGIN, ...ours, END, ...kept].join("\n").replace(/\n*$/, "\n"));
}

/** The credentials of a grant for a registry, under its key. Undefined if no line of `.npmrc` can hold them. */
export function credentialSetting(key: string, grant: Grant): UserSetting | undefined {
  if (grant.presents === "Basic") return { key: `${key}:_auth`, value: basicCredentials(grant.token) };
  const { secret } = grant.token;
  return isPlain(secret) ? { key: `${key}:_authToken`, value: secret } : undefined;
}

/** Whether all clients read this text as it stands: none of what ini quotes, ends or expands (measured, docs/tools/). */
function isPlain(secret: Secret): boolean {
  const text = secret.reveal();
  return /^[!-~]+$/.test(text) && !/[;#"'`\\]|\$\{/.test(text) && !/^(true|false|null)$/.test(text);
}

function replacedKeys(key: string): string[] {
  const [, place] = /^(.*):(?:_authToken|_auth)$/.exec(key) ?? [];
  return place === undefined ? [key] : CREDENTIALS.map((name) => `${place}:${name}`);
}

function withoutOurs(text: string): string {
  const [before = "", ours] = text.split(`${BEGIN}\n`, 2);
  const after = ours?.split(`${END}\n`, 2)[1];
  return after === undefined ? text : before + after;
}
