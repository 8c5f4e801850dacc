import { Secret } from "../../core/secret.ts";
import { isReference, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { linesOf } from "../plaintext/text-lines.ts";

const LINE = /^\s*(?:"([^"]*)"|([^\s"]+))\s+(?:"([^"]*)"|(\S+))\s*$/;

/**
 * Yarn 1's `.yarnrc`: a key and a value on each line. Yarn 1 takes its secrets from `.npmrc`, and what
 * was written here has no effect, but lies here.
 */
export function findInClassicYarnrc(text: string): PlaintextSecret[] {
  return [...linesOf(text)].flatMap((line) => {
    const match = LINE.exec(line.text);
    const key = match?.[1] ?? match?.[2] ?? "";
    const value = match?.[3] ?? match?.[4] ?? "";
    const name = /^(.*?):?(?:_authToken|_auth|_password|npmAuthToken)$/.exec(key)?.[1];
    if (name === undefined || value === "" || isReference(value)) return [];
    const stays = "yarn does not read it here";
    return [
      reported({
        tool: "yarn",
        name: name === "" ? "registry" : name,
        url: undefined,
        username: undefined,
        secret: new Secret(value),
        line: line.number,
        stays,
      }),
    ];
  });
}
