/** The POMs of a project: those of its modules, and of each its parents, as far as they are on this machine. */
import { dirname, join, resolve } from "node:path";
import { Failure } from "../../../core/failure.ts";
import type { ReadText } from "../../tool-protocol.ts";
import { interpolate, type Lookup } from "./interpolation.ts";
import { sectionsOf, valuesOf } from "./lineage.ts";
import { readPom, type Coordinates, type Pom } from "./pom.ts";
import type { ProfileChoice } from "../command-line.ts";
import { isFault, type XmlFault } from "../../text/xml.ts";

/** A POM where it was found, with its parents' POMs, the nearest first. */
export interface Lineage {
  readonly file: string;
  readonly poms: readonly Pom[];
}

export interface Project {
  /** The root's, then those of its modules. */
  readonly modules: readonly Lineage[];
  /** Why not all POMs that count are known: the first reason. */
  readonly unknown: string | undefined;
  /** What could not be read because it is no XML; Maven will say so too. */
  readonly broken: { readonly file: string; readonly fault: XmlFault } | undefined;
}

/** How a project is looked at. */
interface ProjectView {
  readonly read: ReadText;
  /** Where Maven keeps what it downloaded. */
  readonly localRepository: string;
  readonly choice: ProfileChoice;
  /** `-D`, and what is around Maven. */
  readonly lookup: Lookup;
}

/** A person waits for this, and a hostile project can bring as many as it likes: files that are looked for, and their length. */
const MAX_LOOKUPS = 500;
const MAX_LENGTH = 8_000_000;
const MAX_PARENTS = 32;
/** A part of a path in the local repository. */
const PLAIN = /^(?!\.\.?$)[\w.-]+$/;

/** @param file the root's POM, whether it is there or not */
export async function loadProject(file: string, view: ProjectView): Promise<Project> {
  const loading = new Loading(view);
  const modules: Lineage[] = [];
  const seen = new Set<string>();
  const queue = [file];
  for (let next = queue.shift(); next !== undefined && !loading.isOver; next = queue.shift()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const pom = await loading.pom(next);
    if (pom === undefined) {
      if (next !== file) loading.miss(`${next} is not there`);
      continue;
    }
    const lineage = await loading.lineage(next, pom);
    modules.push(lineage);
    queue.push(...(await loading.modules(lineage)));
  }
  return { modules, unknown: loading.unknown, broken: loading.broken };
}

class Loading {
  readonly #view: ProjectView;
  readonly #poms = new Map<string, Pom | undefined>();
  #length = 0;
  /** Whether no more is looked at. */
  isOver = false;
  unknown: string | undefined;
  broken: Project["broken"];

  constructor(view: ProjectView) {
    this.#view = view;
  }

  miss(why: string): void {
    this.unknown ??= why;
  }

  /** @param origin what was downloaded need not be well-formed: Maven is lenient with it */
  async pom(file: string, origin: "project" | "download" = "project"): Promise<Pom | undefined> {
    if (this.#poms.has(file)) return this.#poms.get(file);
    if (this.#poms.size >= MAX_LOOKUPS || this.#length >= MAX_LENGTH) {
      this.isOver = true;
      this.miss("it has more POMs than toolkey looks at");
    }
    if (this.isOver) return undefined;
    const pom = await this.#readPom(file, origin);
    this.#poms.set(file, pom);
    return pom;
  }

  /** The POM with its parents, as Maven looks for them: beside the project, then in the local repository. */
  async lineage(file: string, pom: Pom): Promise<Lineage> {
    const poms = [pom];
    let at = file;
    for (let { parent } = pom; parent !== undefined;) {
      const found = poms.length > MAX_PARENTS ? undefined : await this.#parent(at, parent, poms);
      if (found === undefined) {
        this.miss(`${nameOf(parent)}, the parent of ${at}, is neither beside it nor in ${this.#view.localRepository}`);
        break;
      }
      at = found.file;
      poms.push(found.pom);
      ({ parent } = found.pom);
    }
    return { file, poms };
  }

  /** The files of a lineage's modules. */
  async modules({ file, poms: [pom] }: Lineage): Promise<string[]> {
    if (pom === undefined) return [];
    const files: string[] = [];
    const lookup = valuesOf([pom], this.#view);
    for (const { section } of sectionsOf(pom, this.#view.choice)) {
      for (const written of section.modules) {
        if (this.isOver) break;
        const name = interpolate(written, lookup);
        if (name === undefined) this.miss(`the module '${written}' of ${file} depends on what only Maven knows`);
        else files.push((await this.#pomAt(resolve(dirname(file), name))) ?? join(resolve(dirname(file), name), "pom.xml"));
      }
    }
    return files;
  }

  async #parent(
    file: string,
    parent: NonNullable<Pom["parent"]>,
    children: readonly Pom[],
  ): Promise<{ file: string; pom: Pom } | undefined> {
    const lookup = valuesOf(children, this.#view);
    const value = (text: string | undefined): string | undefined => (text === undefined ? undefined : interpolate(text, lookup));
    const beside = parent.relativePath === "" ? undefined : await this.#pomAt(resolve(dirname(file), parent.relativePath));
    const pom = beside === undefined ? undefined : await this.pom(beside);
    if (beside !== undefined && pom !== undefined && isNamed(pom, parent)) return { file: beside, pom };
    const [groupId, artifactId, version] = [value(parent.groupId), value(parent.artifactId), value(parent.version)];
    if (groupId === undefined || artifactId === undefined || version === undefined) return undefined;
    if (![groupId, artifactId, version].every((part) => PLAIN.test(part))) return undefined;
    const kept = join(this.#view.localRepository, ...groupId.split("."), artifactId, version, `${artifactId}-${version}.pom`);
    const downloaded = await this.pom(kept, "download");
    return downloaded === undefined ? undefined : { file: kept, pom: downloaded };
  }

  /** A POM is named by its directory, or itself. */
  async #pomAt(path: string): Promise<string | undefined> {
    for (const file of [path, join(path, "pom.xml")]) if ((await this.pom(file)) !== undefined) return file;
    return undefined;
  }

  async #readPom(file: string, origin: "project" | "download"): Promise<Pom | undefined> {
    let text: string | undefined;
    try {
      text = await this.#view.read(file);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.miss(error.message);
    }
    if (text === undefined) return undefined;
    this.#length += text.length;
    const pom = await readPom(text);
    if (!isFault(pom)) return pom;
    if (origin === "project") this.broken ??= { file, fault: pom };
    return undefined;
  }
}

/** Versions may be ranges or expressions; then the name has to do. */
function isNamed(pom: Pom, { groupId, artifactId, version }: Coordinates): boolean {
  const own = { groupId: pom.coordinates.groupId ?? pom.parent?.groupId, version: pom.coordinates.version ?? pom.parent?.version };
  if (artifactId === undefined) return true;
  const isPlain = (text: string | undefined): boolean => text !== undefined && !/[$[\](),]/.test(text);
  return (
    artifactId === pom.coordinates.artifactId &&
    groupId === own.groupId &&
    (version === own.version || !isPlain(version) || !isPlain(own.version))
  );
}

function nameOf({ groupId, artifactId, version }: Coordinates): string {
  return [groupId, artifactId, version].map((part) => part ?? "?").join(":");
}
