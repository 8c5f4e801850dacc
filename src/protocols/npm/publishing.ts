/** What packages say of their publication, and where `npm publish` and `unpublish` send them. */
import { dirname, join } from "node:path";
import type { ReadText, RunRequest, WhyNotThrough } from "../tool-protocol.ts";
import { asRecord } from "../text/as-record.ts";
import { manifestOf } from "./configuration/manifest.ts";
import { findTexts, type FoundText } from "../project-texts.ts";
import { personalPath } from "./configuration/project.ts";
import type { Registry, Settings } from "./configuration/settings.ts";
import { npmCommand, onlyFetches, wordsOf } from "./words.ts";

/** Below which operands of a command are looked for. */
const MAX_ROOTS = 10;

/** What packages say of their publication: they are the project's, and override all else there. */
export async function publications(request: RunRequest, manifests: readonly FoundText[], read: ReadText): Promise<Settings[]> {
  const named = onlyFetches(request.arguments) ? [] : [...wordsOf(request.arguments), ...workspacesNamed(request.arguments)];
  const roots = [request.directory, ...manifests.slice(0, MAX_ROOTS).map(({ path }) => dirname(path))];
  const more = await findTexts(
    named.flatMap((name) => roots.map((root) => join(personalPath(name, { ...request, directory: root }), "package.json"))),
    read,
  );
  return [...manifests, ...more].flatMap(publicationOf);
}

function publicationOf({ path, text }: FoundText): Settings[] {
  const values = Object.entries(asRecord(manifestOf(text)["publishConfig"])).map(([key, value]) => [key, String(value)] as const);
  return values.length === 0 ? [] : [{ source: path, ofProject: true, values: new Map(values) }];
}

export function routesOf(values: ReadonlyMap<string, string>, source: string): Registry[] {
  return [...values].flatMap(([key, url]) => {
    const [, scope] = /^(?:(@[^:]*):)?registry$/.exec(key) ?? [];
    return key === "registry" || scope !== undefined ? [{ url, scope, source }] : [];
  });
}

/** By `-w`, and `--filter` of pnpm. */
export function workspacesNamed(given: readonly string[]): string[] {
  return given.flatMap((argument, index) =>
    /^(-w|--workspace|-F|--filter)$/.test(argument)
      ? (given[index + 1] ?? [])
      : (/^--(?:workspace|filter)=(.*)$/.exec(argument)?.[1] ?? []),
  );
}

/** What npm takes for a place in the file system; all else is a package of a registry, or a repository of GitHub's (npm-package-arg). */
const PLACE = /^(\.{1,2}(\/|$)|\/|~\/)/;
const ARCHIVE = /\.(tgz|tar\.gz|tar)$/i;

/** What `npm publish` is told to publish; undefined for another command. */
function publishedBy(given: readonly string[]): string | undefined {
  const { name, operands } = npmCommand(given);
  const [spec = "."] = name === "stage" ? operands.slice(1) : operands;
  return name === "publish" || (name === "stage" && operands[0] === "publish") ? spec : undefined;
}

/** Whether the scripts of what is published run: not those of an archive, and none by `--ignore-scripts`. */
export function runsPublishedScripts(given: readonly string[]): boolean {
  const spec = publishedBy(given);
  if (spec === undefined || isArchive(spec)) return false;
  const end = given.indexOf("--");
  const options = end === -1 ? given : given.slice(0, end);
  const at = options.findLastIndex((option) => /^--(no-)?ignore-scripts(=|$)/.test(option));
  return !/^--ignore-scripts(=true)?$/.test(options[at] ?? "") || options[at + 1] === "false";
}

/** Where what is published says that it is to go; or why that can't be followed. */
export function destinationsOf(
  request: RunRequest,
  packages: { readonly own: FoundText | undefined; readonly members: readonly FoundText[]; readonly published: readonly Settings[] },
): Registry[] | WhyNotThrough {
  const { name, operands, isOfMembers } = npmCommand(request.arguments);
  const spec = publishedBy(request.arguments);
  if (spec === undefined && name !== "unpublish") return [];
  const own = packages.own === undefined ? [] : [packages.own];
  const meant = isOfMembers ? [...packages.members, ...(request.arguments.includes("--include-workspace-root") ? own : [])] : own;
  // npm goes by what a package says only if that one is named, or none.
  const named = (text: string): boolean =>
    operands.length === 0 || operands.some((operand) => operand.replace(/(?!^)@.*/, "") === manifestOf(text)["name"]);
  if (spec === undefined) return same(meant.filter(({ text }) => named(text)).map(({ path }) => path), packages.published);
  if (isArchive(spec)) return { direct: "an archive says itself where it is published, and no script runs for it" };
  if (spec === ".") return same(meant.map(({ path }) => path), packages.published);
  if (!PLACE.test(spec)) return { withheld: `'${spec}' is no directory or archive to npm`, hint: `npm publish ./${spec}` };
  return same([join(personalPath(spec, request), "package.json")], packages.published);
}

function isArchive(spec: string): boolean {
  return ARCHIVE.test(spec) && (PLACE.test(spec) || !/[/:@]/.test(spec));
}

function same(paths: readonly string[], published: readonly Settings[]): Registry[] | WhyNotThrough {
  const each = paths.map((path) =>
    published
      .filter(({ source }) => source === path)
      .slice(0, 1)
      .flatMap(({ values, source }) => routesOf(values, source)),
  );
  const [first = [], ...others] = each;
  if (others.every((other) => placesIn(other) === placesIn(first))) return first;
  return { withheld: "the packages name different registries in publishConfig", hint: "one registry at a time: npm publish -w NAME" };
}

function placesIn(registries: readonly Registry[]): string {
  return registries.map(({ scope, url }) => `${scope ?? ""} ${url}`).toSorted().join("\n");
}
