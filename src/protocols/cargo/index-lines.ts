/** The files of an index, with a version of a crate in each line. Pure. */
import { asRecord } from "../text/as-record.ts";

/** Of which Cargo makes the path of another file, as it stands there: nothing that would be another place of the gateway. */
const PLAIN = /^[^\s\p{Cc}/\\.?#%]+$/u;
/** The quick way for almost all. */
const MAYBE_OTHER = /\\|"(name|package)"\s*:\s*"[^"]*[^\w"-]/;

/** The same without the versions that depend on what is no name of a crate. */
export function withoutForeignNames(text: string): string {
  if (!MAYBE_OTHER.test(text)) return text;
  return text.split("\n").filter((line) => line.trim() === "" || isPlain(line)).join("\n");
}

function isPlain(line: string): boolean {
  try {
    const { deps } = asRecord(JSON.parse(line));
    return [deps].flat().flatMap((dep) => [asRecord(dep)["name"], asRecord(dep)["package"]])
      .every((name) => typeof name !== "string" || PLAIN.test(name));
  } catch {
    return false;
  }
}
