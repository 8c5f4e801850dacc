/** What a project itself tells Maven: the files in its directory `.mvn`. */
import { dirname, join } from "node:path";
import type { ReadText } from "../../tool-protocol.ts";
import { wordsOf } from "../command-line.ts";
import { tamperingOption, tamperingProperty } from "../tampering.ts";

interface ProjectOptions {
  /** The directory that has `.mvn`; undefined if none has one. */
  readonly root: string | undefined;
  /** The words of `maven.config`, which come after those of the command line. */
  readonly words: readonly string[];
  /** What the project sets that it may not, and where; undefined if nothing. */
  readonly tampering: { readonly file: string; readonly setting: string } | undefined;
  /** `settings.xml` of the project, which Maven 4 reads. */
  readonly settings: { readonly file: string; readonly text: string } | undefined;
}

/** Whatever is in `.mvn`: by one of these Maven's directory is found. */
const FILES = [
  "maven.config", "jvm.config", "settings.xml", "maven-user.properties", "maven-system.properties", "maven.properties",
  "extensions.xml", "wrapper/maven-wrapper.properties",
] as const;

/** @param directory in which Maven looks for `.mvn`, and then above */
export async function readProjectOptions(directory: string, read: ReadText): Promise<ProjectOptions> {
  for (let root = directory; ; root = dirname(root)) {
    const texts = new Map<string, string>();
    for (const name of FILES) {
      const text = await read(join(root, ".mvn", name));
      if (text !== undefined) texts.set(name, text);
    }
    if (texts.size > 0) return optionsOf(root, texts);
    if (root === dirname(root)) return { root: undefined, words: [], tampering: undefined, settings: undefined };
  }
}

function optionsOf(root: string, texts: ReadonlyMap<string, string>): ProjectOptions {
  const file = (name: string): string => join(root, ".mvn", name);
  const tampering = FILES.flatMap((name) => {
    const text = texts.get(name);
    const setting = text === undefined ? undefined : check(name, text);
    return setting === undefined ? [] : [{ file: file(name), setting }];
  })[0];
  // What is not looked at need not be read, whatever it is.
  const config = tampering === undefined ? (texts.get("maven.config") ?? "") : "";
  const settings = texts.get("settings.xml");
  return {
    root,
    // Maven 3.9 takes each line as one word, and has comments; the same options result.
    words: wordsOf(config.replace(/^[^\S\n]*#.*$/gm, "")),
    tampering,
    settings: settings === undefined ? undefined : { file: file("settings.xml"), text: settings },
  };
}

/** In UTF-16 units; what is longer is no configuration, and would take its time. Options are searched by patterns, which takes longer. */
const MAX_LENGTH = 65_536;
const MAX_OPTIONS_LENGTH = 8192;

function check(name: string, text: string): string | undefined {
  const hasOptions = name === "jvm.config" || name === "maven.config" || (name.endsWith(".properties") && !name.startsWith("wrapper/"));
  if (text.length > (hasOptions ? MAX_OPTIONS_LENGTH : MAX_LENGTH)) return "more than a person would write";
  if (!hasOptions) return undefined;
  return name === "jvm.config" ? tamperingOption(text) : tamperingProperty(text);
}
