/** What is where in a sandbox, and how bwrap is told so. Pure. */
import { dirname } from "node:path";

/**
 * - `writable`, `readonly`, `device`: as it is outside
 * - `private`: a directory of the sandbox's own, empty but for what is put into it
 * - `masked`: a file that can't be opened
 * - `text`: a read-only file with another text
 * - `link`: a symbolic link, in a private directory
 */
export type Mount =
  | { readonly kind: "writable" | "readonly" | "device" | "masked" | "devices" | "processes" }
  | { readonly kind: "private"; readonly mode?: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly target: string };

/** All paths are absolute and without symbolic links: bwrap resolves none. */
export class Mounts {
  readonly #at = new Map<string, Mount>();

  /** What is put at a path last is there. The root is writable, and what nothing is said of as what is above it. */
  put(path: string, mount: Mount): void {
    this.#at.set(path, mount);
  }

  at(path: string): Mount | undefined {
    return this.#at.get(path);
  }

  /** The mount that a path is in, or is. */
  around(path: string): Mount {
    for (let at = path; at !== "/"; at = dirname(at)) {
      const found = this.#at.get(at);
      if (found !== undefined) return found;
    }
    return { kind: "writable" };
  }

  /** What is above comes first, since it would cover what is below. */
  ordered(): readonly (readonly [path: string, mount: Mount])[] {
    const key = (path: string): string => path.replaceAll("/", "\0");
    return [...this.#withFixedNames()]
      .filter(([path, { kind }]) => kind !== "readonly" || this.around(dirname(path)).kind !== "readonly")
      .sort(([one], [other]) => (key(one) < key(other) ? -1 : 1));
  }

  /**
   * What is not as it is outside, in a directory that is. Once somebody outside renames it, or another file over it, the kernel takes away
   * what is mounted there, for those inside, too (vfs_rename of Linux).
   */
  detachable(): readonly string[] {
    const fixed: ReadonlySet<string> = new Set(["readonly", "masked", "text", "private"]);
    return [...this.#at]
      .filter(([path, { kind }]) => fixed.has(kind) && this.around(dirname(path)).kind === "writable")
      .map(([path]) => path);
  }

  /** The texts, in the order in which `words` wants their descriptors. */
  texts(): readonly string[] {
    return this.ordered().flatMap(([, mount]) => (mount.kind === "text" ? [mount.text] : []));
  }

  /** @param descriptors of the texts, as bwrap inherits them */
  words(descriptors: readonly number[]): string[] {
    const left = [...descriptors];
    return ["--bind", "/", "/", ...this.ordered().flatMap(([path, mount]) => words(path, mount, () => String(left.shift() ?? "")))];
  }

  /**
   * A directory that something protected is in can't be moved away, and another one put in its place: a mount point has to keep
   * its name.
   */
  #withFixedNames(): Map<string, Mount> {
    const all = new Map(this.#at);
    for (const [path, { kind }] of this.#at) {
      if (kind === "writable" || kind === "link" || kind === "devices" || kind === "processes") continue;
      const between: string[] = [];
      let above = dirname(path);
      for (; above !== "/" && !this.#at.has(above); above = dirname(above)) between.push(above);
      if (this.around(above).kind === "writable") for (const directory of between) all.set(directory, { kind: "writable" });
    }
    return all;
  }
}

function words(path: string, mount: Mount, nextDescriptor: () => string): string[] {
  switch (mount.kind) {
    case "writable":
      return ["--bind", path, path];
    case "readonly":
      return ["--ro-bind", path, path];
    case "device":
      return ["--dev-bind", path, path];
    case "masked":
      return ["--ro-bind", "/dev/null", path];
    case "devices":
      return ["--dev", path];
    case "processes":
      return ["--proc", path];
    case "private":
      return ["--perms", mount.mode ?? "0700", "--tmpfs", path];
    case "text":
      return ["--perms", "0600", "--ro-bind-data", nextDescriptor(), path];
    case "link":
      return ["--symlink", mount.target, path];
  }
}
