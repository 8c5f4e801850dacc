import type { Environment } from "../platform/paths.ts";
import { homePlaces } from "./plaintext/places.ts";
import { isInPlainText, search } from "./plaintext/search.ts";

/** Files of the person in which secrets lie in plain text, or that can't be read; each with what to do about it. */
export async function plaintextFindings(environment: Environment): Promise<{ readonly what: string; readonly hint: string }[]> {
  const { files, failures } = await search(homePlaces(environment), { environment });
  return [
    ...files
      .filter(({ secrets }) => secrets.some(isInPlainText))
      .map(({ path }) => ({ what: `${path} holds secrets in plain text`, hint: "toolkey import" })),
    ...failures.map(({ message, hints }) => ({ what: message, hint: hints.join("; ") })),
  ];
}
