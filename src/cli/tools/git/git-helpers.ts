/** Which helpers git asks where. git itself tells, since only it knows which settings hold for a URL (its credential.c, urlmatch.c). */
import type { Environment } from "../../../platform/paths.ts";
import { runProgram } from "../../../platform/processes/programs.ts";
import { helpersOfPlaces } from "../../../protocols/git/setup.ts";
import { gitSettings, type GitSetting } from "./configuration.ts";

/** A URL, or the part of one, for which helpers of its own are set. */
export interface PlaceHelpers {
  /** As it is in the configuration: `https://git.example.com`. */
  readonly place: string;
  /** None where git is to ask nobody. */
  readonly helpers: readonly string[];
  /** What git asks there, by all its settings. */
  readonly asked: readonly string[];
}

/** Whether they still hold, or what stands further below has switched them off. */
export function isInForce({ helpers, asked }: PlaceHelpers): boolean {
  return helpers.length === 0 ? asked.length === 0 : helpers.some((helper) => asked.includes(helper));
}

/** What is asked where toolkey isn't, in a sentence. */
export function helpersInWords(helpers: readonly string[]): string {
  return helpers.length === 0 ? "no helper" : `${quoted(helpers)}, and not toolkey`;
}

export function quoted(helpers: readonly string[]): string {
  return helpers.map((helper) => `'${helper}'`).join(", ");
}

export class GitHelpers {
  readonly settings: readonly GitSetting[];
  readonly #environment: Environment;
  readonly #directory: string | undefined;

  private constructor(settings: readonly GitSetting[], environment: Environment, directory: string | undefined) {
    this.settings = settings;
    this.#environment = environment;
    this.#directory = directory;
  }

  /** @param directory in which git would run, whatever the environment says of a repository: that has settings of its own */
  static async read(given: Environment, directory?: string): Promise<GitHelpers> {
    const { GIT_DIR: _repository, GIT_WORK_TREE: _tree, ...elsewhere } = given;
    const environment = directory === undefined ? given : elsewhere;
    const settings = await gitSettings("^credential\\.(.*\\.)?helper$", environment, directory);
    // With one in the key, git would take what follows for the value.
    return new GitHelpers(settings.filter(({ key }) => !key.includes("=")), environment, directory);
  }

  /** The helpers that git asks for a URL, in order. None is started: in the place of each stands one that only says its number. */
  async at(url: string): Promise<string[]> {
    const standIns = this.settings.flatMap(({ key, value }, index) => [
      "-c",
      value === "" ? `${key}=` : `${key}=!echo toolkey-helper=${index} >&2; :`,
    ]);
    const environment = { ...this.#environment, GIT_TERMINAL_PROMPT: "0", GIT_ASKPASS: "" };
    const ended = await runProgram(
      "git",
      ["-c", "credential.helper=", ...standIns, "-c", "credential.helper=!echo quit=1; :", "credential", "fill"],
      environment,
      {
        ...(this.#directory === undefined ? {} : { directory: this.#directory }),
        input: `url=${url}\n\n`,
      },
    );
    const numbers = [...(ended?.stderr ?? "").matchAll(/^toolkey-helper=(\d+)$/gm)].map(([, number]) => Number(number));
    return numbers.flatMap((number) => this.settings[number]?.value ?? []);
  }

  /** The places with helpers of their own. */
  async ofPlaces(): Promise<PlaceHelpers[]> {
    const found: PlaceHelpers[] = [];
    for (const [place, helpers] of helpersOfPlaces(this.settings)) found.push({ place, helpers, asked: await this.at(urlOf(place)) });
    return found;
  }
}

/** A URL for which the settings of a place hold: git takes parts of URLs, and `*` for a label of a host. */
function urlOf(place: string): string {
  return (place.includes("://") ? place : `https://${place}`).replaceAll("*", "x");
}
