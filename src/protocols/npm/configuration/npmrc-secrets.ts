/** `.npmrc`, and pnpm's `rc` and `auth.ini`, which are written alike. */
import { Failure } from "../../../core/failure.ts";
import { Secret } from "../../../core/secret.ts";
import { withoutFinalSlashes } from "../../text/final-slashes.ts";
import { lastValue, readIni, type PlacedEntry } from "./npmrc.ts";
import { bareUrl, isReference, isSecretName, reported, splitCredential, type PlaintextSecret } from "../../plaintext/plaintext-secret.ts";
import { lineAt } from "../../plaintext/text-lines.ts";

const DEFAULT_REGISTRY = "https://registry.npmjs.org/";
// Without a registry before it: as npm wrote it up to version 8, and still reads it.
const CREDENTIAL = /^(?:(\/\/.*):)?(_authToken|_auth|_password)$/;

/** No person keeps more; each is looked for among all others. */
const MAX_SETTINGS = 2000;

/**
 * The secrets of a registry client, those that count first: of two for one key that is the later one. @throws Failure for too many
 * settings
 */
export function findInNpmrc(text: string, tool: string): PlaintextSecret[] {
  const settings = readIni(text).filter(({ section, isKeyAlone }) => section === undefined && !isKeyAlone);
  if (settings.length > MAX_SETTINGS)
    throw new Failure(
      "unavailable",
      `line ${lineAt(text, settings[MAX_SETTINGS]?.start ?? 0)}, column 1: it has more settings than toolkey looks at`,
    );
  return settings.flatMap((setting) => findInSetting(text, setting, settings, tool)).toReversed();
}

function findInSetting(text: string, setting: PlacedEntry, settings: readonly PlacedEntry[], tool: string): PlaintextSecret[] {
  const { key, value, start, end } = setting;
  if (value === "" || isReference(value)) return [];
  const match = CREDENTIAL.exec(key);
  if (match === null) return findInUrl(text, setting, tool);
  const [, registry, kind] = match;
  const url = registry === undefined ? bareUrl(lastValue(settings, "registry") ?? DEFAULT_REGISTRY) : withScheme(registry, settings);
  const base = { tool, name: registry ?? "registry", url, line: lineAt(text, start) };
  if (kind === "_authToken")
    return [{ ...base, username: undefined, secret: new Secret(value), stays: undefined, pieces: [{ start, end }] }];
  const prefix = registry === undefined ? "" : `${registry}:`;
  const username = lastValue(settings, `${prefix}username`);
  const credential =
    kind === "_auth"
      ? splitCredential(value)
      : username !== undefined && { username, password: Buffer.from(value, "base64").toString("utf8") };
  if (!credential || isReference(credential.username) || isSecretName(credential.username) || credential.username === "") {
    return [reported({ ...base, username: undefined, secret: new Secret(value), stays: "it has no user name" })];
  }
  return [{ ...base, username: credential.username, secret: new Secret(credential.password), stays: undefined, pieces: [{ start, end }] }];
}

/** `registry=https://user:password@host`, a proxy with a password. */
function findInUrl(text: string, { key, value, start }: PlacedEntry, tool: string): PlaintextSecret[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^:/?#]*:([^/?#]+)@/i.exec(value)?.[1];
  if (password === undefined) return [];
  const stays = "it is part of a URL";
  return [
    reported({ tool, name: key, url: bareUrl(value), username: undefined, secret: new Secret(password), line: lineAt(text, start), stays }),
  ];
}

// The key of a setting has no scheme: https, unless the file names the registry with another one.
function withScheme(registry: string, settings: readonly PlacedEntry[]): string {
  const place = `http:${withoutFinalSlashes(registry)}/`;
  const isPlain = settings.some(
    ({ key, value }) =>
      (key === "registry" || key.endsWith(":registry")) && value.startsWith("http:") && `${withoutFinalSlashes(value)}/`.startsWith(place),
  );
  return `${isPlain ? "http" : "https"}:${registry}`;
}
