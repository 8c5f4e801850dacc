import { Secret } from "../../core/secret.ts";
import { withoutFinalSlashes } from "../text/final-slashes.ts";
import { isSecretName, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { linesOf } from "../plaintext/text-lines.ts";

// As git's credential_from_url() takes a URL apart: the first colon ends the user name, the first `@` the password.
const LINE = /^\s*([a-z][a-z0-9+.-]*:\/\/)([^:@/?#]*):([^@/?#]*)@([^/?#]*)([^?#]*)/i;

/** What `git credential-store` keeps: a URL with user name and password on each line. What is none, git passes over. */
export function findInGitCredentials(text: string): PlaintextSecret[] {
  const found: PlaintextSecret[] = [];
  for (const line of linesOf(text)) {
    const match = LINE.exec(line.text);
    if (match === null) continue;
    const [, scheme = "", user = "", password = "", encodedHost = "", path = ""] = match;
    // git writes the colon before a port as %3a.
    const host = decoded(encodedHost);
    const secret = decoded(password);
    if (secret === "") continue;
    const url = `${scheme}${host}${withoutFinalSlashes(path)}`;
    const username = decoded(user);
    const base = { tool: "git", name: host, url, secret: new Secret(secret), line: line.number };
    const stays = reasonToStay(username, secret);
    if (stays !== undefined) found.push(reported({ ...base, username: undefined, stays }));
    else found.push({ ...base, username, stays: undefined, pieces: [{ start: line.start, end: line.end }] });
  }
  return found;
}

function reasonToStay(username: string, secret: string): string | undefined {
  // Some services take a token as the user name as well.
  if (secret === "x-oauth-basic" || isSecretName(username)) return "its user name is the secret";
  return username === "" ? "it has no user name" : undefined;
}

// What is no percent-encoding stays as it is, as with git.
function decoded(text: string): string {
  const bytes = Buffer.from(text.replace(/%(?![0-9a-f]{2})/gi, "%25"), "utf8").toString("latin1");
  return Buffer.from(
    bytes.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString("utf8");
}
