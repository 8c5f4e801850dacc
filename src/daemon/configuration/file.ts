/** `config.toml` on the disk. */
import { statSync, type BigIntStats } from "node:fs";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import type { Paths } from "../../platform/paths.ts";
import { checkOnlyWeWrite } from "../../platform/files/private-directory.ts";
import { textOfFile } from "../../platform/files/regular-file.ts";
import { parseConfiguration, type Configuration } from "./configuration.ts";

/** In bytes. More is no configuration, and what is accepted of it is kept in the vault. */
const MAX_LENGTH = 64 * 1024;

/**
 * Reads `config.toml`; without one, all is as by default.
 *
 * @throws Failure as `parseConfiguration`; `denied` if others can write to the file or its directory; `unavailable` if it can't be read
 */
export async function readConfiguration(paths: Paths): Promise<Configuration> {
  await checkOnlyWeWrite(paths.config);
  await checkOnlyWeWrite(paths.configFile);
  return parseConfiguration(await readText(paths.configFile), paths.configFile);
}

/** Another one once the file, or who may write to it, is another. */
export function configurationVersion({ config, configFile }: Paths): string {
  const directory = versionOf(config, ({ dev, ino, mode, uid }) => [dev, ino, mode, uid]);
  return `${directory} ${versionOf(configFile, ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs])}`;
}

function versionOf(path: string, facts: (stats: BigIntStats) => readonly bigint[]): string {
  try {
    return facts(statSync(path, { bigint: true })).join(":");
  } catch (error) {
    return systemErrorCode(error) ?? "unknown";
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await textOfFile(file, MAX_LENGTH);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = systemErrorCode(error);
    if (code === "ENOENT") return "";
    throw new Failure("unavailable", `cannot read ${file}: ${code ?? "unknown error"}`, { cause: error });
  }
}
