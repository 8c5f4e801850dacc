/** All that is read before it is known what a Maven command needs: its command line, settings, project. */
import { dirname, join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { ReadText, RunRequest } from "../tool-protocol.ts";
import { parseCommandLine, wordsOf, type CommandLine } from "./command-line.ts";
import { firstOf, interpolate, surroundings, type Lookup } from "./project/interpolation.ts";
import { removeKept } from "./settings/kept-settings.ts";
import { loadProject, type Project } from "./project/project.ts";
import { readProjectOptions } from "./project/project-options.ts";
import type { SettingsProxy } from "./places/proxies.ts";
import { NO_SETTINGS, profilesInUse, readSettings, type SettingsDocument } from "./settings/settings-document.ts";
import { isTampering } from "./tampering.ts";
import { isFault, type XmlFault } from "../text/xml.ts";

export interface Situation {
  readonly commandLine: CommandLine;
  readonly settings: SettingsDocument;
  readonly settingsFile: string;
  /** Settings besides the person's: of the machine, where that can be told. */
  readonly globalSettings: SettingsDocument | undefined;
  /** Those in `.mvn`. */
  readonly projectSettings: SettingsDocument | undefined;
  readonly project: Project;
  /** `-D`, properties of the settings' profiles, and what is around Maven. */
  readonly lookup: Lookup;
  /** What its JVM is started with: `-D` of the person's, on the command line and in `MAVEN_OPTS`. */
  readonly system: Lookup;
  /** The properties of the settings' profiles. */
  readonly properties: ReadonlyMap<string, string>;
  /** Whether the project has proxies in settings of its own: what is not encrypted would pass through them. */
  readonly isRerouted: boolean;
}

/** Nothing is given. Without a note it is Maven's to say why. */
export interface NothingGiven {
  readonly note?: string;
  readonly hint?: string;
}

/** The command line with what `MAVEN_ARGS` puts before it (Maven 3.9 and later). */
export function ownCommandLine({ arguments: given, environment }: RunRequest): CommandLine {
  return parseCommandLine([...wordsOf(environment["MAVEN_ARGS"] ?? ""), ...given]);
}

export async function readSituation(request: RunRequest, readText: ReadText): Promise<Situation | NothingGiven> {
  const personal = personalSettings(request);
  const { read, marked } = markFinder(async (path) => {
    const text = await readText(path);
    return path === personal && text !== undefined ? removeKept(text) : text;
  }, request.mark);
  const own = ownCommandLine(request);
  const start = dirname(await pomOf(own, request.directory, read));
  const options = await readProjectOptions(request.environment["MAVEN_BASEDIR"] ?? start, read);
  if (options.tampering !== undefined) return tampering(options.tampering.file, options.tampering.setting);
  const configured = parseCommandLine(options.words);
  const combined = combine(own, configured);
  const home = homeOf(request);
  const around = firstOf(patience(), (name) => combined.properties.get(name), surroundings(request.environment, home));

  const settingsFile = combined.settings === undefined ? personal : resolve(request.directory, combined.settings);
  const settingsText = (await read(settingsFile)) ?? (combined.settings === undefined ? NO_SETTINGS : undefined);
  // Maven says that the file isn't there.
  if (settingsText === undefined) return {};
  const settings = await readSettings(settingsText);
  if (isFault(settings)) return broken(settingsFile, settings);

  const globalFile = globalSettingsFile(combined, request);
  const globalSettings = globalFile === undefined ? undefined : wellFormed(await readSettings((await read(globalFile)) ?? NO_SETTINGS));
  const projectSettings = options.settings === undefined ? undefined : wellFormed(await readSettings(options.settings.text));
  const broughtAlong: readonly (readonly [string, SettingsDocument | undefined])[] = [
    [settingsFile, own.settings === undefined && configured.settings !== undefined ? settings : undefined],
    [globalFile ?? "", own.globalSettings === undefined && configured.globalSettings !== undefined ? globalSettings : undefined],
    [options.settings?.file ?? "", projectSettings],
  ];
  for (const [file, document] of broughtAlong) {
    const setting = document?.profiles.flatMap(({ properties: set }) => [...set.keys()]).find(isTampering);
    if (setting !== undefined) return tampering(file, setting);
  }

  const commandLine = withActiveProfiles(combined, [settings, globalSettings, projectSettings]);
  const properties = new Map(profilesInUse(settings, commandLine.profiles).flatMap((profile) => [...profile.properties]));
  const lookup = firstOf(around, (name) => properties.get(name));
  const project = await loadProject(await pomOf(commandLine, request.directory, read), {
    read, lookup,
    localRepository: localRepositoryOf(commandLine, settings, around) ?? join(home, ".m2", "repository"),
    choice: commandLine.profiles,
  });
  if (project.broken !== undefined) return broken(project.broken.file, project.broken.fault);
  const [holder] = marked;
  if (holder !== undefined) return knowsOurNames(holder);
  return {
    commandLine,
    settings,
    settingsFile,
    globalSettings,
    projectSettings,
    project,
    lookup,
    properties,
    system: (name) =>
      own.properties.get(name) ??
      optionsOf(request)
        .findLast((word) => word.startsWith(`-D${name}=`))
        ?.slice(name.length + 3),
    isRerouted: broughtAlong.some(([, document]) => (document?.proxies.length ?? 0) > 0),
  };
}

/** Where the person's own settings are, unless others are named. */
export function personalSettings(request: Pick<RunRequest, "home" | "accountHome" | "environment">): string {
  return join(homeOf(request), ".m2", "settings.xml");
}

/** The proxies of the machine's settings: Maven takes those that have no namesake in the person's. */
export function proxiesBeside({ settings, globalSettings }: Situation): SettingsProxy[] {
  const own = new Set(settings.proxies.map(({ id }) => id));
  return (globalSettings?.proxies ?? []).filter(({ id }) => !own.has(id));
}

export function knowsOurNames(where: string): NothingGiven {
  return {
    note: `${where} has a name that only toolkey uses; nothing is given`,
    hint: "find out where it comes from: no project can know it by itself",
  };
}

/** How many names are looked up; more has no project, but a hostile one as many as it likes. */
const MAX_LOOKUPS = 100_000;

/** Knows no name, and counts them. @throws Failure `unavailable` */
function patience(): Lookup {
  let lookups = 0;
  return () => {
    lookups += 1;
    if (lookups > MAX_LOOKUPS) throw new Failure("unavailable", "the project's POMs name more properties than toolkey looks up");
    return undefined;
  };
}

function tampering(file: string, setting: string): NothingGiven {
  return {
    note: `${file} sets ${setting}, which could leak a token; no token is given`,
    hint: "what you set yourself, on the command line or in MAVEN_OPTS, is not in the way",
  };
}

function broken(file: string, { line, column, reason }: XmlFault): NothingGiven {
  return { note: `${file}, line ${line}, column ${column}: ${reason}; nothing is given`, hint: "mend it, and Maven gets its tokens" };
}

/** Names of ours in what is read, also where they are written with character references. */
function markFinder(readText: ReadText, mark: string): { read: ReadText; marked: readonly string[] } {
  const marked: string[] = [];
  const read: ReadText = async (path) => {
    const text = await readText(path);
    const plain = text?.replace(/&#(x?)([0-9a-f]{1,6});/gi, (_all, hexadecimal: string, digits: string) => {
      const code = Number.parseInt(digits, hexadecimal === "" ? 10 : 16);
      return code < 0x80 ? String.fromCodePoint(code) : " ";
    });
    if (plain?.includes(mark) === true) marked.push(path);
    return text;
  };
  return { read, marked };
}

/** What comes first wins, but for properties, where the command line's are to stay. */
function combine(own: CommandLine, configured: CommandLine): CommandLine {
  return {
    settings: own.settings ?? configured.settings,
    globalSettings: own.globalSettings ?? configured.globalSettings,
    file: own.file ?? configured.file,
    properties: new Map([...configured.properties, ...own.properties]),
    profiles: {
      on: new Set([...own.profiles.on, ...configured.profiles.on]),
      off: new Set([...own.profiles.off, ...configured.profiles.off]),
    },
    goals: [...own.goals, ...configured.goals],
    isQuestion: own.isQuestion,
  };
}

/** What settings name as active is so in POMs too. */
function withActiveProfiles(commandLine: CommandLine, documents: readonly (SettingsDocument | undefined)[]): CommandLine {
  const active = documents.flatMap((document) => [...(document?.activeProfiles ?? [])]);
  return { ...commandLine, profiles: { on: new Set([...commandLine.profiles.on, ...active]), off: commandLine.profiles.off } };
}

/** `-f` names a file, or a directory with a pom.xml. */
async function pomOf({ file }: CommandLine, directory: string, read: ReadText): Promise<string> {
  const named = resolve(directory, file ?? "pom.xml");
  return file === undefined || (await read(named)) !== undefined ? named : join(named, "pom.xml");
}

/** A JVM does not ask for HOME, but for the account's, and can be told. */
function homeOf({ home, accountHome, environment }: Pick<RunRequest, "home" | "accountHome" | "environment">): string {
  const told = optionsOf({ environment }).findLast((word) => word.startsWith("-Duser.home="));
  return told === undefined ? (accountHome ?? home) : told.slice("-Duser.home=".length);
}

function optionsOf({ environment }: Pick<RunRequest, "environment">): string[] {
  return wordsOf(environment["MAVEN_OPTS"] ?? "");
}

function globalSettingsFile({ globalSettings }: CommandLine, { directory, environment }: RunRequest): string | undefined {
  if (globalSettings !== undefined) return resolve(directory, globalSettings);
  const home = environment["MAVEN_HOME"];
  return home === undefined ? undefined : join(home, "conf", "settings.xml");
}

function localRepositoryOf({ properties }: CommandLine, settings: SettingsDocument, lookup: Lookup): string | undefined {
  const named = properties.get("maven.repo.local") ?? settings.localRepository;
  const path = named === undefined ? undefined : interpolate(named, lookup);
  return path === undefined ? undefined : resolve(path);
}

function wellFormed(read: SettingsDocument | XmlFault): SettingsDocument | undefined {
  return isFault(read) ? undefined : read;
}
