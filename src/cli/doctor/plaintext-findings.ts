import type { Environment } from "../../platform/paths.ts";
import { doubtful, type Finding } from "./findings.ts";
import { homePlaces } from "../plaintext/places.ts";
import { isInPlainText, search } from "../plaintext/search.ts";

/**
 * The check of `toolkey doctor` for files of the person in which secrets lie in plain text, or that can't be read; each with what to do
 * about it.
 */
export async function plaintextFindings(environment: Environment): Promise<Finding[]> {
  const { files, failures } = await search(await homePlaces(environment), { environment });
  return [
    ...files
      .filter(({ secrets }) => secrets.some(isInPlainText))
      .map(({ path }) => doubtful("secrets-in-plain-text", `${path} holds secrets in plain text`, "toolkey import")),
    ...failures.map(({ message, hints }) => doubtful("file-unreadable", message, hints.join("; "))),
  ];
}
