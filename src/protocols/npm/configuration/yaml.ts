/** YAML in which clients of npm registries keep settings, also those of a project. Pure. */
import { Failure } from "../../../core/failure.ts";
import { isTooDeep } from "../../text/yaml-depth.ts";
import { asRecord } from "../../text/as-record.ts";
import type { FoundText } from "../../project-texts.ts";

/** In UTF-16 units; more is no configuration, and would take its time. */
const MAX_LENGTH = 128 * 1024;

/**
 * The mapping that a document is, empty if it is something else. The parser is loaded when it is needed.
 *
 * @throws Failure `unavailable` for what is not YAML, or too long
 */
export async function readYamlSettings({ path, text }: FoundText): Promise<Readonly<Record<string, unknown>>> {
  if (text.length > MAX_LENGTH) throw new Failure("unavailable", `cannot read ${path}: it is too long for a configuration`);
  const yaml = await import("yaml");
  try {
    if (isTooDeep(yaml, text)) throw new Failure("unavailable", `cannot read ${path}: it is nested too deeply`);
    // Unique keys are found by comparing each with all others (of equal ones the last counts), and pretty errors by counting lines.
    return asRecord(yaml.parse(text, { logLevel: "error", merge: true, uniqueKeys: false, prettyErrors: false }));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `cannot read ${path}: it is not YAML`, { cause: error });
  }
}
