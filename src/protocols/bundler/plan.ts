/**
 * Bundler through the gateway, which is the mirror of each source that there is a token for; its lock file names the source still. What is
 * measured is in docs/tools/bundler.md.
 */
import { dirname, join, resolve } from "node:path";
import { throughGateway } from "../../core/gateway/url.ts";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, parseTarget, sameTarget, type Target } from "../../core/target.ts";
import { operandsOf } from "../program-words.ts";
import { noNeeds, type Doorway, type Grant, type PlanThrough, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { mirrorOf, settingName, settingsIn, settingsOf, withSlash, type Settings } from "./settings.ts";
import { sourcesOf } from "./sources.ts";

/** Commands that ask no server: above all those that run the project's programs. */
const ASKING_NOTHING =
  /^(e|exe?|exec|c|con|console|config|list|ls|show|info|open|env|doctor|platform|version|help|init|gem|viz|clean|licenses|check)$/;
const PUBLIC = /^(index\.)?rubygems\.org$/;
/** Whom to trust, which a project may not say where a token is handed over. */
const OF_TRUST = /^ssl_/;

/** A source, and where Bundler fetches it by the person's settings. */
interface Place {
  readonly source: string;
  readonly target: Target;
}

interface Project {
  readonly places: readonly Place[];
  /** Its own settings, which come before variables. */
  readonly config: { readonly path: string; readonly settings: Settings };
}

export async function bundler(request: RunRequest, read: ReadText): Promise<Survey> {
  const [command = "install"] = operandsOf(request.arguments);
  if (ASKING_NOTHING.test(command)) return noNeeds(EMPTY_PLAN);
  const project = await projectOf(request, read);
  const targets = project.places
    .map(({ target }) => target)
    .filter((target, index, all) => all.findIndex((other) => sameTarget(other, target)) === index);
  return {
    needs: targets.map((target) => ({ target })),
    asks: targets.map((target) => ({ target, isPublic: PUBLIC.test(target.host) })),
    plan: (grants) => planDirect(project, grants),
    planThrough: (grants, doorway) => planLed(project, grants, doorway),
  };
}

async function projectOf({ arguments: given, directory, home, environment }: RunRequest, read: ReadText): Promise<Project> {
  const gemfile = await findGemfile(given, directory, environment["BUNDLE_GEMFILE"], read);
  const root = gemfile === undefined ? directory : dirname(gemfile.path);
  const lock = gemfile === undefined ? undefined : await read(lockOf(gemfile.path));
  const path = join(resolve(root, environment["BUNDLE_APP_CONFIG"] || ".bundle"), "config");
  const userConfig =
    environment["BUNDLE_CONFIG"] ||
    environment["BUNDLE_USER_CONFIG"] ||
    join(environment["BUNDLE_USER_HOME"] || join(home, ".bundle"), "config");
  const ofPerson: Settings = new Map([
    ...(await readSettings(resolve(directory, userConfig), read)),
    ...settingsOf(Object.entries(environment)),
  ]);
  const places = sourcesOf(gemfile?.text ?? "", lock ?? "", given).flatMap((url): Place[] => {
    const target = targetOf(url);
    if (target === undefined) return [];
    const source = withSlash(url);
    const mirror = mirrorOf(ofPerson, source);
    const mirrored = mirror === undefined ? target : targetOf(mirror);
    return mirrored === undefined ? [] : [{ source, target: mirrored }];
  });
  return { places, config: { path, settings: await readSettings(path, read) } };
}

/** Of a file that Bundler itself can't read there are none. */
async function readSettings(path: string, read: ReadText): Promise<Settings> {
  try {
    return settingsIn((await read(path)) ?? "");
  } catch (error) {
    if (error instanceof Failure) return new Map();
    throw error;
  }
}

async function findGemfile(
  given: readonly string[],
  directory: string,
  variable: string | undefined,
  read: ReadText,
): Promise<{ path: string; text: string } | undefined> {
  const at = given.findIndex((word) => /^--gemfile(=|$)/.test(word));
  const typed = at === -1 ? undefined : (/^--gemfile=(.*)$/.exec(given[at] ?? "")?.[1] ?? given[at + 1]);
  const named = typed || variable;
  const paths = named ? [resolve(directory, named)] : above(directory).flatMap((each) => [join(each, "Gemfile"), join(each, "gems.rb")]);
  for (const path of paths) {
    const text = await read(path);
    if (text !== undefined) return { path, text };
  }
  return undefined;
}

function above(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...above(parent)];
}

function lockOf(gemfile: string): string {
  return gemfile.endsWith("gems.rb") ? gemfile.replace(/gems\.rb$/, "gems.locked") : `${gemfile}.lock`;
}

function targetOf(url: string): Target | undefined {
  try {
    return parseTarget(url);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** What Bundler sends a login by, for one URL and what is below. */
function loginVariable(url: string): string {
  return settingName(withSlash(url));
}

function planLed({ places, config }: Project, grants: readonly Grant[], { gateway, phantom }: Doorway): PlanThrough {
  const granted = places.flatMap((place) => {
    const grant = grants.find(({ need }) => sameTarget(need.target, place.target));
    return grant === undefined ? [] : [{ ...place, grant, led: throughGateway(gateway, place.target) }];
  });
  const isOwn = ({ source }: Place): boolean => mirrorOf(config.settings, source) !== undefined;
  const led = granted.filter((place) => !isOwn(place));
  const login = new Secret(`toolkey:${phantom.reveal()}`);
  const targets = grants.map(({ need }) => need.target).filter((target) => led.some((place) => sameTarget(place.target, target)));
  return {
    plan: {
      ...EMPTY_PLAN,
      environment: Object.fromEntries(
        led.flatMap(({ source, led: url }): [string, string | Secret][] => [
          [settingName(`mirror.${source}`), withSlash(url)],
          [loginVariable(url), login],
        ]),
      ),
      given: grants
        .filter(({ need }) => targets.includes(need.target))
        .map(({ token, need }) => ({ token: token.id, place: formatTarget(need.target) })),
      notes: granted.filter(isOwn).map(({ source, grant }) => `${grant.token.id} is left out: ${config.path} has a mirror for ${source}`),
    },
    permit: {
      addressing: "url",
      holder: "command",
      publishes: false,
      routes: targets.map((target) => ({ target, isAuthorized: true, publishes: false })),
    },
  };
}

/** The tokens themselves, by whole URLs: of a host alone, Bundler would send them without encryption, too. */
function planDirect({ config }: Project, grants: readonly Grant[]): Plan {
  if (grants.length === 0) return EMPTY_PLAN;
  const distrusted = [...config.settings.keys()].filter((setting) => OF_TRUST.test(setting));
  if (distrusted.length > 0) {
    return {
      ...EMPTY_PLAN,
      notes: [`bundler gets no token here, since the project decides whom to trust: ${distrusted.join(", ")} in ${config.path}`],
      hints: ["without --direct it goes through the gateway, which decides that by itself"],
    };
  }
  const named = grants.filter(({ token, presents }) => presents === "Basic" && token.username !== undefined);
  const variables = named.map(({ need, token }): [string, Secret] => [
    loginVariable(formatTarget(need.target)),
    new Secret(`${encodeURIComponent(token.username ?? "")}:${encodeURIComponent(token.secret.reveal())}`),
  ]);
  return {
    ...EMPTY_PLAN,
    environment: Object.fromEntries(variables),
    given: named.map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
    notes: [
      ...grants
        .filter((grant) => !named.includes(grant))
        .map(({ token }) => `${token.id} is left out with --direct: there Bundler logs in by a user name, and it has none`),
      ...(named.length === 0 ? [] : [OPEN]),
    ],
  };
}

export const OPEN =
  "the Gemfile, and every gem that is built, can read the token in its variable: the weakest way to hand over a token";
