/**
 * Composer: logins by host in a variable, since it knows no other way for one command, and asks servers by http for nothing. What is
 * measured is in docs/tools/composer.md.
 */
import { dirname, join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { formatTarget, origin, parseTarget, type Target } from "../../core/target.ts";
import { configHome } from "../config-home.ts";
import { namesOtherwise } from "../text/named-hosts.ts";
import { operandsOf } from "../program-words.ts";
import { findTexts } from "../project-texts.ts";
import { noNeeds, type Grant, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { hostOf, isTaken, loginPlace, ownLogins, withLogins, type OwnLogins } from "./logins.ts";
import { readProject, type ProjectFile } from "./project-files.ts";
import { fetchedUrls, readJson, repositoriesOf, trustSettings } from "./project.ts";

const ASKING_NOTHING = new RegExp(
  "^(about|browse|cc|check-platform-reqs|clear-?cache|completion|config|dump-?autoload|exec|fund|help|home|init|licenses|list|run" +
    "|run-script|status|suggests|validate)$",
);
/** Where hardly anybody needs a token. */
const PUBLIC = /^((repo\.)?packagist\.org|packages\.drupal\.org|wpackagist\.org|github\.com|gitlab\.com|bitbucket\.org)$/;
const WITH_VALUE = /^(-d|--working-dir)$/;

interface Situation {
  readonly project: readonly ProjectFile[];
  /** What the project says of trust, and where. */
  readonly distrusted: readonly string[];
  /** Hosts of sources that git or the like fetches. */
  readonly versioned: ReadonlySet<string>;
  /** The person's own settings let it go by http. */
  readonly isClear: boolean;
  readonly logins: OwnLogins;
}

export async function composer(request: RunRequest, read: ReadText): Promise<Survey> {
  const { arguments: given, environment } = request;
  const [command = "list", inner] = operandsOf(given, WITH_VALUE);
  if (ASKING_NOTHING.test(command === "global" ? (inner ?? "") : command)) return noNeeds(EMPTY_PLAN);
  const homes = homesOf(request);
  const [own] = await findTexts(homes.map((home) => join(home, "config.json")), read);
  const root = command === "global" ? (own === undefined ? homes[0] : dirname(own.path)) : undefined;
  const file = resolve(root ?? directoryOf(request), environment["COMPOSER"] || "composer.json");
  const { files: project, distrusted, sources } = await readProject(file, { given, vendor: environment["COMPOSER_VENDOR_DIR"] }, read);
  const repositories = [readJson(own?.text), ...project.map(({ document }) => document)].flatMap(repositoriesOf);
  const asked = places([...repositories, ...typedRepositories(given)]);
  const situation: Situation = {
    project,
    distrusted,
    versioned: new Set(sources.flatMap((url) => targetOf(url) ?? []).map(hostOf)),
    isClear: trustSettings(readJson(own?.text)).includes("secure-http"),
    logins: ownLogins(environment["COMPOSER_AUTH"]),
  };
  return {
    needs: places([...asked.map(formatTarget), ...project.flatMap(({ document }) => fetchedUrls(document))]).map((target) => ({ target })),
    asks: asked.map((target) => ({ target, isPublic: PUBLIC.test(target.host) })),
    plan: (grants) => (isMadeHere(command, given) && grants.length > 0 ? MADE_HERE : planLogins(situation, grants)),
    planThrough: () => ({ direct: "Composer has no way to the gateway" }),
  };
}

/** What is downloaded has settings of its own, which count from there on. */
function isMadeHere(command: string, given: readonly string[]): boolean {
  return command === "create-project" && !given.includes("--no-install");
}

const MADE_HERE: Plan = {
  ...EMPTY_PLAN,
  notes: ["composer gets no token where it goes on with what it has downloaded, whose settings say whom to trust"],
  hints: ["composer create-project --no-install ..., then composer install in it"],
};

/** In the order in which Composer looks for one that is there (its `Factory::getHomeDir`). */
function homesOf(request: RunRequest): string[] {
  const named = request.environment["COMPOSER_HOME"];
  if (named) return [named];
  return [join(configHome(request), "composer"), join(request.home, ".composer")];
}

function directoryOf({ arguments: given, directory }: RunRequest): string {
  const at = given.findIndex((word) => /^(-d|--working-dir)/.test(word));
  const word = given[at] ?? "";
  const named = WITH_VALUE.test(word) ? given[at + 1] : word.replace(/^(-d|--working-dir)=?/, "");
  return resolve(directory, named ?? "");
}

/** `create-project --repository=URL`, `--repository-url`; or a repository as JSON. */
function typedRepositories(given: readonly string[]): string[] {
  return given.flatMap((word, index) => {
    const match = /^--repository(?:-url)?(?:=(.*))?$/s.exec(word);
    const typed = match === null ? "" : (match[1] ?? given[index + 1] ?? "");
    return typed.startsWith("{") ? repositoriesOf({ repositories: [readJson(typed)] }) : [typed];
  });
}

/** One for each server: what all its URLs have in common, since Composer sends a login to the whole of a host. */
function places(urls: readonly string[]): Target[] {
  const found = new Map<string, Target>();
  for (const url of urls) {
    const target = targetOf(url);
    if (target === undefined) continue;
    const before = found.get(origin(target));
    found.set(origin(target), before === undefined ? target : { ...target, path: commonPath(before.path, target.path) });
  }
  return [...found.values()];
}

function commonPath(one: readonly string[], other: readonly string[]): string[] {
  const at = one.findIndex((segment, index) => segment !== other[index]);
  return one.slice(0, at === -1 ? one.length : at);
}

function targetOf(url: string): Target | undefined {
  const [, server = "", path = ""] = /^(https:\/\/[^/?#@\\]+)(?=[/?#]|$)([^?#]*)/i.exec(url) ?? [];
  for (const text of [`${server}${path}`, server]) {
    try {
      if (server !== "") return loginPlace(parseTarget(text));
    } catch (error) {
      // With dots in it, nobody can tell which place it is: then it may be any of the server.
      if (!(error instanceof Failure)) throw error;
    }
  }
  return undefined;
}

function planLogins(situation: Situation, grants: readonly Grant[]): Plan {
  if (grants.length === 0) return EMPTY_PLAN;
  const { distrusted, logins } = situation;
  if (distrusted.length > 0) {
    return {
      ...EMPTY_PLAN,
      notes: [`composer gets no token here, since the project decides whom to trust: ${distrusted.join(", ")}`],
      hints: ["what you want for all projects: composer config --global"],
    };
  }
  const notes: string[] = [];
  const given = grants.filter((grant) => {
    const why = whyNot(situation, grant);
    if (why !== undefined) notes.push(`${grant.token.id} is left out: ${why}`);
    return why === undefined;
  });
  if (given.length === 0) return { ...EMPTY_PLAN, notes };
  return {
    ...EMPTY_PLAN,
    environment: { COMPOSER_AUTH: withLogins(logins.value, given) },
    given: given.map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
    notes: [...notes, OPEN],
  };
}

function whyNot({ project, versioned, isClear, logins }: Situation, grant: Grant): string | undefined {
  const { target } = grant.need;
  const host = hostOf(target);
  if (logins.hosts.has(host)) return `your COMPOSER_AUTH has a login for ${host}`;
  if (!isTaken(grant)) return `Composer takes no token with such characters for ${host}`;
  if (versioned.has(host))
    return `Composer would hand it to git in a URL, for sources at ${host}; git itself asks toolkey, after toolkey setup git`;
  const naming = isClear ? project.find((text) => namesOtherwise(text, target, false)) : undefined;
  return naming === undefined ? undefined : `${naming.path} names ${host} without encryption, and your settings allow that`;
}

export const OPEN = "the project's scripts and plugins can read COMPOSER_AUTH: the weakest way to hand over a token";
