import { Secret } from "../../../core/secret.ts";
import { bareUrl, isReference, isSecretName, reported, type PlaintextSecret } from "../../plaintext/plaintext-secret.ts";
import { iniValue, readPythonIni } from "../python-ini.ts";
import { PYPI_UPLOAD } from "../keyring/service-name.ts";

/** Where twine uploads by these names if nothing else is said. */
export const USUAL_REPOSITORIES: Readonly<Record<string, string>> = { pypi: PYPI_UPLOAD, testpypi: "https://test.pypi.org/legacy/" };

/** `.pypirc`, which twine and other uploaders read. @throws Failure as `readPythonIni` */
export function findInPypirc(text: string): PlaintextSecret[] {
  const entries = readPythonIni(text);
  return entries.flatMap(({ section, key, value, lines }) => {
    const [line] = lines;
    if (key !== "password" || value === "" || line === undefined || isReference(value)) return [];
    const username = iniValue(entries, section, "username");
    const url = bareUrl(iniValue(entries, section, "repository") ?? USUAL_REPOSITORIES[section] ?? "");
    const found = { tool: "pip", name: section, url, secret: new Secret(value), line: line.number };
    const stays =
      lines.length > 1
        ? "it has several lines"
        : username === undefined || username === ""
          ? "it has no user name"
          : isSecretName(username)
            ? "its user name is the secret"
            : undefined;
    if (stays !== undefined) return [reported({ ...found, username: undefined, stays })];
    return [{ ...found, username, stays: undefined, pieces: [{ start: line.start, end: line.end }] }];
  });
}
