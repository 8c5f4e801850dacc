import { Secret } from "../../core/secret.ts";
import { lastValue, readIni } from "../npm/configuration/npmrc.ts";
import { bareUrl, reported, type PlaintextSecret } from "./plaintext-secret.ts";
import { lineAt } from "./text-lines.ts";

/** `.pypirc`, which twine and other uploaders read; as ini, it is read as npm reads its own. */
export function findInPypirc(text: string): PlaintextSecret[] {
  const settings = readIni(text);
  return settings
    .filter(({ key, value, isKeyAlone }) => key === "password" && value !== "" && !isKeyAlone)
    .map(({ section, value, start }) =>
      reported({
        tool: "twine",
        name: section ?? "",
        url: bareUrl(lastValue(settings, "repository", section) ?? ""),
        username: lastValue(settings, "username", section),
        secret: new Secret(value),
        line: lineAt(text, start),
        stays: "not served",
      }),
    );
}
