/** Secrets that uv and poetry keep in TOML. Pure. */
import type { TomlTable } from "smol-toml";
import { Secret } from "../../../core/secret.ts";
import { bareUrl, isSecretName, reported, type PlaintextSecret } from "../../plaintext/plaintext-secret.ts";
import { lineAt, linesOf } from "../../plaintext/text-lines.ts";
import { withoutFinalSlashes } from "../../text/final-slashes.ts";
import { readToml } from "../../text/toml.ts";

/** What `uv auth login` keeps: a `[[credential]]` each. @throws Failure as `readToml` */
export function findInUvCredentials(text: string): PlaintextSecret[] {
  const tables = readToml(text)["credential"];
  const all = Array.isArray(tables) ? tables.filter(isTable) : [];
  const pieces = tablesIn(text);
  return all.flatMap((table, index) => {
    const [service = "", username, secret = ""] = [table["service"], table["username"], table["password"] ?? table["token"]].map(textOf);
    if (secret === "") return [];
    const piece = pieces[index];
    const url = bareUrl(service.includes("://") ? service : `https://${service}`);
    const line = lineAt(text, Math.max(text.indexOf(secret, piece?.start), 0));
    const found = { tool: "pip", name: service, url: url && withoutFinalSlashes(url), line, secret: new Secret(secret) };
    const stays =
      username === undefined || username === ""
        ? "it has no user name"
        : isSecretName(username)
          ? "its user name is the secret"
          : piece === undefined || pieces.length !== all.length
            ? "it stands there in another form than uv writes"
            : undefined;
    if (stays !== undefined || piece === undefined) return [reported({ ...found, username: undefined, stays: stays ?? "" })];
    return [{ ...found, username, stays: undefined, pieces: [piece] }];
  });
}

/** poetry's `auth.toml`. It has the names of repositories only, and asks a keyring by these names, too. @throws Failure as `readToml` */
export function findInPoetryAuth(text: string): PlaintextSecret[] {
  const { "http-basic": logins, "pypi-token": tokens } = readToml(text);
  const named = (table: unknown, secretOf: (value: unknown) => unknown): PlaintextSecret[] =>
    Object.entries(isTable(table) ? table : {}).flatMap(([name, value]) => {
      const secret = secretOf(value);
      if (typeof secret !== "string" || secret === "") return [];
      const line = lineAt(text, Math.max(text.indexOf(secret), 0));
      const found = { tool: "pip", name, url: undefined, username: undefined, secret: new Secret(secret), line };
      return [reported({ ...found, stays: "poetry asks for it by this name, not by a URL" })];
    });
  return [...named(logins, (value) => (isTable(value) ? value["password"] : undefined)), ...named(tokens, (value) => value)];
}

/** From one heading to the next. */
function tablesIn(text: string): { readonly start: number; readonly end: number }[] {
  const headings = [...linesOf(text)].filter((line) => /^\s*\[/.test(line.text));
  return headings.flatMap((heading, index) =>
    /^\s*\[\[\s*credential\s*\]\]/.test(heading.text) ? [{ start: heading.start, end: headings[index + 1]?.start ?? text.length }] : [],
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
