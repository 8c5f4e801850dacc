/** Files of the user and of projects, which may be anybody's: a FIFO must not stop the daemon, nor huge files fill it. */
import { lstat, readdir, readlink, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { regularFile } from "./regular-file.ts";

/** The largest file that is read, in bytes: configuration is small, lock files may be some megabytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** And all that is read for one request. */
const MAX_BYTES_ALTOGETHER = 64 * 1024 * 1024;

/** Of a directory that is listed. */
const MAX_ENTRIES = 2000;

/** As the kernel has it. */
const MAX_LINKS = 40;

/** What a process names there are its own files, working directory, root: to us it is another file than to the command. */
const OF_WHOEVER_LOOKS = /^\/(proc|dev\/fd)(\/|$)/;
/** A descriptor of a certain process, as one `toolkey run` hands it to another. */
const DESCRIPTOR = /^\/proc\/\d+\/fd\/\d+$/;

/** Reads the files for one request, each once. */
export class ProjectFiles {
  readonly #texts = new Map<string, Promise<string | undefined>>();
  readonly #links = new Map<string, ReturnType<typeof linkAt>>();
  #left = MAX_BYTES_ALTOGETHER;

  /**
   * The text of a regular file; undefined if there is none.
   *
   * @throws Failure `unavailable` if it is too large, not UTF-8, can't be read, would be another file for the command, or another text
   *   for each that reads it
   */
  read(path: string): Promise<string | undefined> {
    const text = this.#texts.get(path) ?? this.#read(path);
    this.#texts.set(path, text);
    return text;
  }

  /** What was read so far, and was there, in the order in which it was asked for. @throws Failure if something could not be read */
  async seen(): Promise<(readonly [path: string, text: string])[]> {
    const all = await Promise.all([...this.#texts].map(async ([path, text]) => [path, await text] as const));
    return all.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  }

  /** The names of the directories in one, no links and nothing hidden; none if it can't be read. */
  async directories(path: string): Promise<string[]> {
    if ((await this.#whereTo(path)) === "astray") return [];
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    return entries.slice(0, MAX_ENTRIES).filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
  }

  async #read(path: string): Promise<string | undefined> {
    const fail = (reason: string, cause?: unknown): Failure => new Failure("unavailable", `cannot read ${path}: ${reason}`, { cause });
    const leads = DESCRIPTOR.test(path) ? "somewhere" : await this.#whereTo(path);
    if (leads === "nowhere") return undefined;
    if (leads === "astray") throw fail("it leads to /proc, which is another place for each process");
    try {
      const bytes = await regularFile(path, (size) => {
        if (size > MAX_BYTES) throw fail(`it is larger than ${MAX_BYTES} bytes`);
        if (size > this.#left) throw fail(`with all others here it is larger than ${MAX_BYTES_ALTOGETHER} bytes`);
        this.#left -= size;
      });
      if (bytes !== undefined) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      if (await isRead(path)) throw fail("it is a pipe or a device");
      return undefined;
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      if (error instanceof Failure) throw error;
      throw fail(error instanceof TypeError ? "it is not UTF-8 text" : (code ?? "unknown error"), error);
    }
  }

  /** Follows a path as the kernel does, one name after the other. `nowhere`: there is no such file. */
  async #whereTo(path: string): Promise<"astray" | "nowhere" | "somewhere"> {
    const names = path.split("/").toReversed();
    let at = "/";
    let links = 0;
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        at = dirname(at);
        continue;
      }
      const next = join(at, name);
      if (OF_WHOEVER_LOOKS.test(next)) return "astray";
      const target = await this.#linkAt(next);
      if (target === NOTHING) return "nowhere";
      if (target === undefined) at = next;
      else if ((links += 1) > MAX_LINKS) return "somewhere";
      else {
        names.push(...target.split("/").toReversed());
        if (target.startsWith("/")) at = "/";
      }
    }
    return "somewhere";
  }

  #linkAt(path: string): ReturnType<typeof linkAt> {
    const target = this.#links.get(path) ?? linkAt(path);
    this.#links.set(path, target);
    return target;
  }
}

const NOTHING = Symbol("nothing is there");

/** Where a symbolic link leads; undefined for what is none, or can't be seen. */
async function linkAt(path: string): Promise<string | typeof NOTHING | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    return systemErrorCode(error) === "ENOENT" ? NOTHING : undefined;
  }
}

/** Whether a program finds something to read in what is no file. */
async function isRead(path: string): Promise<boolean> {
  const [found, nothing] = await Promise.all([stat(path), stat("/dev/null")]);
  return !found.isDirectory() && !(found.isCharacterDevice() && found.rdev === nothing.rdev);
}
