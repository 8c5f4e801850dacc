/** Where Cargo has what it keeps for a person. */
import { join } from "node:path";
import { readTextFile } from "../../../platform/files/text-file.ts";
import type { Home } from "../../plaintext/secret-files.ts";

export function cargoHome({ home, set }: Home): string {
  return set("CARGO_HOME") ?? join(home, ".cargo");
}

/** Of both names Cargo reads the older one, without an ending, if it is there. */
export async function cargoConfiguration(home: Home): Promise<string> {
  const older = join(cargoHome(home), "config");
  return (await readTextFile(older).catch(() => undefined)) === undefined ? `${older}.toml` : older;
}
