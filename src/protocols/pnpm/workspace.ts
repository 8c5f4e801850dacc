/** `pnpm-workspace.yaml` and the global `config.yaml`: settings of pnpm 10 and newer in YAML. */
import { asRecord } from "../text/as-record.ts";
import type { FoundText } from "../project-texts.ts";
import type { Settings } from "../npm/configuration/settings.ts";
import { readYamlSettings } from "../npm/configuration/yaml.ts";

/**
 * The settings under their names in `.npmrc`; `registries` as `registry` and `@scope:registry`.
 *
 * @throws Failure as `readYamlSettings`
 */
export async function workspaceSettings(file: FoundText, ofProject: boolean): Promise<Settings> {
  const document = await readYamlSettings(file);
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(document)) {
    // A list or a table says as much as a word: that it is set at all is what is looked for.
    values.set(
      kebab(name),
      typeof value === "boolean" || typeof value === "number" ? String(value) : typeof value === "string" ? value : "a list or a table",
    );
  }
  for (const [scope, url] of Object.entries(asRecord(document["registries"]))) {
    if (typeof url === "string") values.set(scope === "default" ? "registry" : `${scope}:registry`, url);
  }
  // `gh:@acme/thing` is asked for at the registry named gh: for us a scope like any other.
  for (const [name, url] of Object.entries(asRecord(document["namedRegistries"]))) {
    if (typeof url === "string") values.set(`@named ${name}:registry`, url);
  }
  return { source: file.path, ofProject, values };
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The patterns of its members. @throws Failure as `readYamlSettings` */
export async function workspacePackages(file: FoundText): Promise<string[]> {
  const { packages } = await readYamlSettings(file);
  return Array.isArray(packages) ? packages.filter((pattern) => typeof pattern === "string") : [];
}
