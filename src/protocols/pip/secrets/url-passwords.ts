/** Passwords in the URLs of package indexes: `https://user:password@host/simple` in `pip.conf`. Pure. */
import { Secret } from "../../../core/secret.ts";
import { bareUrl, isReference, isSecretName, reported, type PlaintextSecret } from "../../plaintext/plaintext-secret.ts";
import { withoutFinalSlashes } from "../../text/final-slashes.ts";
import { readPythonIni } from "../python-ini.ts";

/** The first colon ends the user name, the last `@` before the path the password. */
const URL = /\bhttps?:\/\/([^\s/?#:]*):([^\s/?#]+)@[^\s"'#?]+/gi;
/** Settings whose URLs pip asks a keyring for. */
const INDEXES = /^((extra-)?index-url|find-links|index|pypi-url)$/;

/** @throws Failure as `readPythonIni` */
export function findInPipConf(text: string): PlaintextSecret[] {
  return readPythonIni(text).flatMap(({ section, key, lines }) =>
    lines.flatMap((line) =>
      [...line.text.matchAll(URL)].flatMap(({ 0: url, 1: user = "", 2: password = "", index }) => {
        if (isReference(password)) return [];
        const place = withoutFinalSlashes(bareUrl(url) ?? "");
        const username = decoded(user);
        const secret = decoded(password);
        const found = { tool: "pip", name: `${section}.${key}`, url: place, line: line.number, secret: new Secret(secret ?? password) };
        const stays = !INDEXES.test(key)
          ? "it is of no package index"
          : secret === undefined || username === undefined
            ? "it is not percent-encoded as a URL is"
            : username === ""
              ? "it has no user name"
              : isSecretName(username)
                ? "its user name is the secret"
                : undefined;
        if (stays !== undefined) return [reported({ ...found, username: undefined, stays })];
        // The name stays: by it pip knows that it has to ask.
        const start = line.start + index + url.indexOf("//") + "//".length + user.length;
        return [{ ...found, username, stays: undefined, pieces: [{ start, end: start + 1 + password.length }] }];
      }),
    ),
  );
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
