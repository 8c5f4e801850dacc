/** `credentials.tfrc.json`, where `terraform login` keeps what it has got if there is no helper. Pure. */
import { Secret } from "../../core/secret.ts";
import { reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { mappingAt, readYaml, textAt } from "../plaintext/yaml.ts";

/** @throws Failure as `readYaml`, which reads JSON */
export function findInCredentialsFile(text: string): PlaintextSecret[] {
  return mappingAt(readYaml(text), "credentials").flatMap(({ key: name, value, start, piece }) => {
    const token = typeof value === "object" ? textAt(value, "token") : undefined;
    if (token === undefined || token === "") return [];
    const common = { tool: "terraform", name, url: `https://${name}`, username: undefined };
    const found = { ...common, secret: new Secret(token), line: lineAt(text, start) };
    return typeof value === "object" && value.length > 1
      ? [reported({ ...found, stays: "there is more than a token" })]
      : [{ ...found, stays: undefined, pieces: [piece] }];
  });
}
