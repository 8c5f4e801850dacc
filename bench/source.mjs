/** The project's own modules, for the benchmark: they are TypeScript. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ROOT } from "./home.mjs";

/** Imports all that these files export, below the project's directory and without `.ts`. */
export async function importSource(...names) {
  const { outputFiles } = await build({
    stdin: { contents: names.map((name) => `export * from "./${name}.ts";`).join("\n"), resolveDir: ROOT },
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
  });
  const directory = await mkdtemp(join(tmpdir(), "toolbench-"));
  try {
    const file = join(directory, "source.mjs");
    await writeFile(file, outputFiles[0].contents);
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(directory, { recursive: true });
  }
}
