import { Secret } from "../../core/secret.ts";
import { bareUrl, isSecretName, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { readEnvironmentFile } from "./environment-file.ts";

/** Variables of Go with URLs in them. */
const WITH_URLS: ReadonlySet<string> = new Set(["GOPROXY", "GOSUMDB"]);
const LOGIN = /(https?:\/\/)([^/?#,|\s]+)@([^,|\s]*)/g;

/** URLs with a login in Go's file of variables. What is left of each is the URL, for which Go asks. */
export function findInGoEnvironment(text: string): PlaintextSecret[] {
  return readEnvironmentFile(text)
    .filter(({ name }) => WITH_URLS.has(name))
    .flatMap(({ value, start }) =>
      [...value.matchAll(LOGIN)].map(({ 1: scheme = "", 2: login = "", 3: rest = "", index }) => {
        const [username = "", password] = login.split(/:(.*)/s).map(decoded);
        const url = bareUrl(`${scheme}${rest}`);
        const secret = new Secret(password ?? username);
        const common = { tool: "go", name: url ?? "GOPROXY", url, line: lineAt(text, start + index), secret };
        if (password === undefined || password === "") return reported({ ...common, username: undefined, stays: "it has no password" });
        if (isSecretName(username)) return reported({ ...common, username: undefined, stays: "its user name may be a secret" });
        const at = start + index + scheme.length;
        return { ...common, username, stays: undefined, pieces: [{ start: at, end: at + login.length + 1 }] };
      }),
    );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
