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
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import { BUILD } from "../../core/build.ts";

/** Where it is kept, in the tree: of no form of it, as each makes its own. */
const COMPILED = "compiled";

/** After it, in milliseconds, what a program needs to start has run, and has not been forgotten yet. */
const STARTED_MS = 2000;
/** With what is added while it is written, no longer than a name may be. */
const LONGEST_NAME = 230;
const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_ALL = 0o644;

/**
 * Runs `code/NAME.js` beside the module, in its place.
 *
 * @param module the one that is loaded: it exports what the code exports
 */
export function runCompiled(module: NodeJS.Module, name: string): void {
  const directory = dirname(module.filename);
  const tree = dirname(directory);
  const file = join(directory, "code", `${name}.js`);
  const { bytes, stat } = contentOf(file);
  const compiled = join(tree, COMPILED);
  // Of this build, since V8 looks at the length of the text alone. Of the rest it says whether it is right; there may be several.
  const what = [name, BUILD, process.version, process.arch, ...process.execArgv].join("-");
  const kept = join(compiled, what.replaceAll(/[^\w.+=-]+/g, "_").slice(0, LONGEST_NAME));
  const cachedData = keptFor(kept, stat);
  // The build writes ASCII alone.
  const script = new Script(bytes.toString("latin1"), { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  const isNew = cachedData === undefined || script.cachedDataRejected === true;
  if (isNew && mayKeep(tree, stat)) keepLater(script, compiled, kept);
  const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
  run.call(module.exports, module.exports, createRequire(module.filename), module, module.filename, directory);
}

function contentOf(file: string): { readonly bytes: Buffer; readonly stat: Stats } {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return { bytes: readFileSync(descriptor), stat: fstatSync(descriptor) };
  } finally {
    closeSync(descriptor);
  }
}

/** Undefined if there is none that only who owns the code can have written. */
function keptFor(file: string, code: Stats): Buffer | undefined {
  try {
    const { bytes, stat } = contentOf(file);
    return stat.uid === code.uid && (stat.mode & WRITABLE_BY_OTHERS) === 0 && stat.isFile() ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Who runs another's code leaves nothing beside it. */
function mayKeep(tree: string, code: Stats): boolean {
  if (process.geteuid?.() !== code.uid) return false;
  try {
    accessSync(tree, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function keepLater(script: Script, directory: string, file: string): void {
  const keep = (): void => {
    clearTimeout(timer);
    process.off("exit", keep);
    // It goes without, as on a full disk.
    try {
      mkdirSync(directory, { recursive: true, mode: 0o755 });
      write(script.createCachedData(), file);
    } catch {
      return;
    }
  };
  const timer = setTimeout(keep, STARTED_MS).unref();
  process.on("exit", keep);
}

/** Whole, or not at all: V8 does not look for what is missing. */
function write(bytes: Buffer, file: string): void {
  const fresh = `${file}.${process.pid}`;
  const descriptor = openSync(fresh, "wx", READABLE_BY_ALL);
  try {
    writeFileSync(descriptor, bytes);
    // Whatever this process leaves to others.
    fchmodSync(descriptor, READABLE_BY_ALL);
    fsyncSync(descriptor);
    renameSync(fresh, file);
  } catch (error) {
    unlinkSync(fresh);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
