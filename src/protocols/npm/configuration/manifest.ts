/** A `package.json`, as far as it can be read. Pure. */
import { asRecord } from "../../text/as-record.ts";
import type { ProjectText } from "../../text/named-hosts.ts";

/** What of a `package.json` is only read by people. */
const DESCRIPTIVE = [
  "homepage",
  "bugs",
  "repository",
  "author",
  "contributors",
  "maintainers",
  "funding",
  "license",
  "licenses",
  "description",
  "keywords",
];

/** An object, of whatever stands in a `package.json`. */
export function manifestOf(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(text ?? "");
    return asRecord(manifest);
  } catch {
    return {};
  }
}

/** `package.json` without what is only read by people, where an old `http://` homepage is no danger. */
export function fetchedOf({ path, text }: ProjectText): ProjectText {
  if (!path.endsWith("/package.json")) return { path, text };
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== "object" || manifest === null) return { path, text };
    return { path, text: JSON.stringify(Object.fromEntries(Object.entries(manifest).filter(([key]) => !DESCRIPTIVE.includes(key)))) };
  } catch {
    return { path, text };
  }
}
