/** A file before it becomes `/etc/toolkey/config.toml` of many machines. */
import type { CheckedConfiguration } from "../../core/views/configuration.ts";
import { readProposed } from "./file.ts";
import { faultsOf } from "./layers.ts";

export async function checkedConfiguration(path: string): Promise<CheckedConfiguration> {
  const said = await readProposed(path);
  return { sets: [...said.settings.keys()], fixes: [...said.fixed], faults: faultsOf(said) };
}
