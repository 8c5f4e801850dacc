/** `pnpm-workspace.yaml` and the global `config.yaml`: settings of pnpm 10 and newer in YAML. Pure. */
import { parse } from "yaml";
import { asRecord } from "../npm/project.ts";
import type { Settings } from "../npm/settings.ts";

/** The settings under their names in `.npmrc`; `registries` as `registry` and `@scope:registry`. */
export function workspaceSettings({ path, text }: { readonly path: string; readonly text: string }, ofProject: boolean): Settings {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(asRecord(parse(text, { logLevel: "silent" })))) {
    if (name === "registries" || name === "namedRegistries") continue;
    // A list or a table says as much as a word: that it is set at all is what is looked for.
    values.set(kebab(name), typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  const document = asRecord(parse(text, { logLevel: "silent" }));
  for (const [scope, url] of Object.entries(asRecord(document["registries"]))) {
    if (typeof url === "string") values.set(scope === "default" ? "registry" : `${scope}:registry`, url);
  }
  for (const [name, url] of Object.entries(asRecord(document["namedRegistries"]))) {
    if (typeof url === "string") values.set(`@${name}/named:registry`, url);
  }
  return { source: path, ofProject, values };
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
