/** YAML in which clients of npm registries keep settings. Pure. */
import { Failure } from "../../core/failure.ts";
import { asRecord, type FoundText } from "./project.ts";

/**
 * The mapping that a document is, empty if it is something else. The parser is loaded when it is needed.
 *
 * @throws Failure `unavailable` for what is not YAML
 */
export async function readYamlSettings({ path, text }: FoundText): Promise<Readonly<Record<string, unknown>>> {
  const { parse } = await import("yaml");
  try {
    return asRecord(parse(text, { logLevel: "error", merge: true }));
  } catch (error) {
    throw new Failure("unavailable", `cannot read ${path}: it is not YAML`, { cause: error });
  }
}
