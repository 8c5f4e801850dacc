/**
 * Runs the code of a program with what V8 made of it when it ran before: to compile it takes a third of a start. Node itself does so from
 * 22.1 on, in a place of its choice; here it is beside the code, under the same rule of who may write, so that nobody is trusted
 * who could not write the code. docs/decisions/0047-compiled-code.md; vm.Script in Node's documentation.
 */
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type BigIntStats,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";
import { BUILD } from "../../core/build.ts";

/** Where it is kept, in the tree: of no form of it, as each makes its own. */
const COMPILED = "compiled";

/** After it, in milliseconds, what a program needs to start has run, and has not been forgotten yet. */
const STARTED_MS = 2000;
/** With what is added while it is written, no longer than a name may be. */
const LONGEST_NAME = 220;
const WRITABLE_BY_OTHERS = 0o022n;
const READABLE_BY_ALL = 0o644;

/** Before what V8 made: of which code and which Node it is, and a sum. In bytes; a multiple of what V8 wants data to begin at. */
const HEADER_BYTES = 512;
/** A word of each so many bytes is in the sum: what a disk lost is a page at least. To add up all of it would take as long as is won. */
const STRIDE_BYTES = 512;

/** A file that is kept, and what it has to say of itself. */
interface Kept {
  readonly path: string;
  readonly code: BigIntStats;
}

/**
 * Runs `code/NAME.js` beside the module, in its place.
 *
 * @param module the one that is loaded: it exports what the code exports
 * @param require the module's own
 */
export function runCompiled(module: NodeJS.Module, require: NodeJS.Require, name: string): void {
  const directory = dirname(module.filename);
  const file = join(directory, "code", `${name}.js`);
  const { bytes, stat: code } = contentOf(file);
  // There may be several of one name, for several Nodes.
  const what = [name, BUILD, process.version, process.arch, ...process.execArgv].join("-");
  const path = join(dirname(directory), COMPILED, what.replaceAll(/[^\w.+=-]+/g, "_").slice(0, LONGEST_NAME));
  const kept = { path, code };
  const cachedData = read(kept);
  // The build writes ASCII alone.
  const script = new Script(bytes.toString("latin1"), { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  const isNew = cachedData === undefined || script.cachedDataRejected === true;
  if (isNew && mayKeep(dirname(directory), code)) keepLater(script, kept);
  const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
  run.call(module.exports, module.exports, require, module, module.filename, directory);
}

function contentOf(file: string): { readonly bytes: Buffer; readonly stat: BigIntStats } {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return { bytes: readFileSync(descriptor), stat: fstatSync(descriptor, { bigint: true }) };
  } finally {
    closeSync(descriptor);
  }
}

/** Undefined if there is none that only who owns the code can have written, and that is of this code, and whole. */
function read({ path, code }: Kept): Buffer | undefined {
  try {
    if (!isOwners(lstatSync(dirname(path), { bigint: true }), code)) return undefined;
    const { bytes, stat } = contentOf(path);
    const data = bytes.subarray(HEADER_BYTES);
    return isOwners(stat, code) && bytes.subarray(0, HEADER_BYTES).equals(headerOf(data, code)) ? data : undefined;
  } catch {
    return undefined;
  }
}

function isOwners({ uid, mode }: BigIntStats, code: BigIntStats): boolean {
  return uid === code.uid && (mode & WRITABLE_BY_OTHERS) === 0n;
}

/**
 * V8 looks at the length of the text, and hardly tells one build of Node from the next. What has been changed in a file has another time
 * of change, whatever other times it is given.
 */
function headerOf(data: Buffer, code: BigIntStats): Buffer {
  const files = [code, statSync(process.execPath, { bigint: true })];
  const facts = files.map(({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(":"));
  const header = Buffer.alloc(HEADER_BYTES, " ");
  header.write([...facts, data.length, sumOf(data)].join(" "));
  return header;
}

function sumOf(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 4 <= data.length; at += STRIDE_BYTES) sum = (Math.imul(sum, 31) + data.readInt32LE(at)) | 0;
  return sum;
}

/** Who runs another's code leaves nothing beside it. */
function mayKeep(tree: string, code: BigIntStats): boolean {
  if (BigInt(process.geteuid?.() ?? -1) !== code.uid) return false;
  try {
    accessSync(tree, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function keepLater(script: Script, kept: Kept): void {
  const keep = (): void => {
    clearTimeout(timer);
    process.off("exit", keep);
    // It goes without, as on a full disk.
    try {
      write(script, kept);
    } catch {
      return;
    }
  };
  const timer = setTimeout(keep, STARTED_MS).unref();
  process.on("exit", keep);
}

function write(script: Script, { path, code }: Kept): void {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const found = lstatSync(directory, { bigint: true });
  if (!found.isDirectory() || !isOwners(found, code)) return;
  // What was killed meanwhile. Who else is writing goes without.
  for (const name of readdirSync(directory)) if (name.startsWith(`${basename(path)}.`)) rmSync(join(directory, name), { force: true });
  const fresh = `${path}.${process.pid}`;
  const data = script.createCachedData();
  const descriptor = openSync(fresh, "wx", READABLE_BY_ALL);
  try {
    writeFileSync(descriptor, Buffer.concat([headerOf(data, code), data]));
    // Whatever this process leaves to others.
    fchmodSync(descriptor, READABLE_BY_ALL);
    fsyncSync(descriptor);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
