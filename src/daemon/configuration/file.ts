/** `config.toml` on the disk: the user's own, and that of the system. */
import { isUtf8 } from "node:buffer";
import { statSync, type BigIntStats } from "node:fs";
import { dirname } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import type { Paths } from "../../platform/paths.ts";
import { checkOnlyWeWrite } from "../../platform/files/private-directory.ts";
import { regularFile } from "../../platform/files/regular-file.ts";
import { othersSayOver } from "../../platform/files/roots-alone.ts";
import { leftOut, nothingSaid, readText, unreadable, type Said } from "./reading.ts";
import { ownDocument, systemDocument, type SettingsDocument } from "./settings.ts";

/** In bytes. More is no configuration, and what is accepted of it is kept in the vault. */
const MAX_LENGTH = 64 * 1024;

/** The user's own. Nothing is taken from one to which others can write. */
export async function readOwn({ config, configFile, systemConfigFile }: Paths): Promise<Said> {
  // Where XDG_CONFIG_HOME is /etc.
  if (configFile === systemConfigFile) return nothingSaid(configFile);
  try {
    await checkOnlyWeWrite(config);
    await checkOnlyWeWrite(configFile);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return unreadable(configFile, error);
  }
  return read(ownDocument, configFile);
}

/** That of the system. One that others than root can write is as if it wasn't there: nobody knows whose word it is. */
export async function readSystem({ systemConfigFile: file }: Paths): Promise<Said> {
  const others = othersSayOver(file);
  if (others === undefined) return read(systemDocument, file);
  const hint = "it counts once it, and all above it, is root's alone to write";
  const failure = new Failure("denied", `${file} is left out: ${others}`, { hint });
  return leftOut(file, failure);
}

/** A file that is to become that of the system; one that isn't there is a mistake. */
export async function readProposed(file: string): Promise<Said> {
  return read(systemDocument, file, { mustBeThere: true });
}

/** Another one once a file, or who may write to it, is another. It is asked for with each request. */
export function configurationVersion({ configFile, systemConfigFile }: Paths): string {
  return [configFile, systemConfigFile]
    .map((file) => {
      const version = versionOf(file, ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs]);
      return version === NOT_THERE ? version : `${version} ${versionOf(dirname(file), ({ dev, ino, mode, uid }) => [dev, ino, mode, uid])}`;
    })
    .join(" ");
}

const NOT_THERE = "-";

function versionOf(path: string, facts: (stats: BigIntStats) => readonly bigint[]): string {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? NOT_THERE : facts(stats).join(":");
  } catch (error) {
    return systemErrorCode(error) ?? "unknown";
  }
}

async function read(schema: SettingsDocument, file: string, { mustBeThere = false } = {}): Promise<Said> {
  let bytes;
  try {
    bytes = await regularFile(file, MAX_LENGTH);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" && !mustBeThere) return nothingSaid(file);
    const why = code === "ENOENT" ? `there is no file ${file}` : `cannot read ${file}: ${code ?? "unknown error"}`;
    const failure = error instanceof Failure ? error : new Failure("unavailable", why);
    return unreadable(file, failure);
  }
  if (bytes === undefined) return unreadable(file, new Failure("unavailable", `cannot read ${file}: it is not a file`));
  if (isUtf8(bytes)) return readText(schema, bytes.toString("utf8"), file);
  const line = lines(bytes).findIndex((each) => !isUtf8(each)) + 1;
  return unreadable(file, new Failure("usage", `${file}, line ${line}: it is not UTF-8`, { hint: "save it as UTF-8" }), line);
}

function lines(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf("\n", start);
    found.push(bytes.subarray(start, end === -1 ? bytes.length : end));
    start = end === -1 ? bytes.length : end + 1;
  }
  return found;
}
