import { Secret } from "../../core/secret.ts";
import { lastValue, settingsOf } from "./ini.ts";
import { bareUrl, reported, type PlaintextSecret } from "./plaintext-secret.ts";

/** `.pypirc`, which twine and other uploaders read. */
export function findInPypirc(text: string): PlaintextSecret[] {
  const settings = settingsOf(text);
  return settings
    .filter(({ key, value }) => key === "password" && value !== "")
    .map(({ section, value, line }) =>
      reported({
        tool: "twine",
        name: section,
        url: bareUrl(lastValue(settings, "repository", section) ?? ""),
        username: lastValue(settings, "username", section),
        secret: new Secret(value),
        line,
        stays: "not served",
      }),
    );
}
