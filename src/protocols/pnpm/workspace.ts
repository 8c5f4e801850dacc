/** `pnpm-workspace.yaml` and the global `config.yaml`: settings of pnpm 10 and newer in YAML. */
import { Failure } from "../../core/failure.ts";
import { asRecord, type FoundText } from "../npm/project.ts";
import type { Settings } from "../npm/settings.ts";

/**
 * The settings under their names in `.npmrc`; `registries` as `registry` and `@scope:registry`.
 *
 * @throws Failure `unavailable` for what is not YAML
 */
export async function workspaceSettings({ path, text }: FoundText, ofProject: boolean): Promise<Settings> {
  const { parse } = await import("yaml");
  let document;
  try {
    document = asRecord(parse(text, { logLevel: "error", merge: true }));
  } catch (error) {
    throw new Failure("unavailable", `cannot read ${path}: it is not YAML`, { cause: error });
  }
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(document)) {
    // A list or a table says as much as a word: that it is set at all is what is looked for.
    values.set(kebab(name), typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  }
  for (const [scope, url] of Object.entries(asRecord(document["registries"]))) {
    if (typeof url === "string") values.set(scope === "default" ? "registry" : `${scope}:registry`, url);
  }
  // `gh:@acme/thing` is asked for at the registry named gh: for us a scope like any other.
  for (const [name, url] of Object.entries(asRecord(document["namedRegistries"]))) {
    if (typeof url === "string") values.set(`@named ${name}:registry`, url);
  }
  return { source: path, ofProject, values };
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
