/** pip and its kin in `toolkey run`. What is measured is in docs/tools/pip.md. Pure. */
import { isAbsolute, join } from "node:path";
import { EMPTY_PLAN } from "../../core/plan.ts";
import { covers, formatTarget, sameTarget } from "../../core/target.ts";
import { noNeeds, type Held, type Need, type ReadHeld, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { asksItself } from "./asks-itself.ts";
import { typedIndexes, type TypedIndexes } from "./command-line.ts";
import { readPipSettings, settingOf } from "./configuration.ts";
import { askedOf, packageIndex, PYPI, type PackageIndex } from "./package-index.ts";
import { isOfSystem, pipThrough, type PipSituation } from "./through.ts";
import { twine } from "./twine.ts";

/** Those that write the URLs of indexes into their lock files, and so can't be led by other ones. */
const WITH_LOCK_FILE: Readonly<Record<string, string>> = { uv: "uv.lock", poetry: "poetry.lock", pdm: "pdm.lock" };

export async function pip(request: RunRequest, read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const [program = "", ...rest] = request.arguments;
  if (program === "twine") return twine({ ...request, arguments: rest.filter((word) => word !== "--") }, read);
  const lockFile = WITH_LOCK_FILE[program];
  return lockFile === undefined ? surveyPip(request, read, readHeld) : asking(program, lockFile, await readHeld());
}

async function surveyPip(request: RunRequest, read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const typed = typedIndexes(request.arguments);
  const { command } = typed;
  if (command === undefined || typed.options.has("--no-index")) return noNeeds(EMPTY_PLAN);
  const settings = await readPipSettings(request, read);
  const setting = (key: string): ReturnType<typeof settingOf> => settingOf(settings, command, key);
  if (/^(1|y|yes|t|true|on)$/i.test(setting("no-index")?.value ?? "")) return noNeeds(EMPTY_PLAN);
  const index = packageIndex(typed.index ?? setting("index-url")?.value ?? PYPI);
  const extra = (setting("extra-index-url")?.value ?? "").split(/\s+/).filter((url) => url !== "").map(packageIndex);
  const typedExtra = typed.extra.map(packageIndex);
  const all = [index, ...extra, ...typedExtra];
  const cert = setting("cert");
  const caFiles = [cert?.ofProject === true ? undefined : cert?.value, request.environment["REQUESTS_CA_BUNDLE"]];
  const situation: PipSituation = {
    typed, index, extra, typedExtra,
    proxy: setting("proxy"),
    caFiles: caFiles.flatMap((path) => (path === undefined || path === "" || isOfSystem(path) ? [] : [absolute(path, request)])),
    netrc: (await read(request.environment["NETRC"] ?? join(request.home, ".netrc")).catch(() => undefined)) ?? "",
    notes: await ofRequirements(typed, request, read, await readHeld()),
  };
  return {
    needs: needsOf(all),
    asks: all.filter(({ hasPassword }) => !hasPassword).flatMap(askedOf),
    plan: (grants) => asksItself("pip", grants),
    planThrough: (grants, doorway) => pipThrough(situation, grants, doorway),
  };
}

function needsOf(indexes: readonly PackageIndex[]): Need[] {
  const needs = indexes.flatMap(({ target, username, hasPassword }) => (target === undefined || hasPassword ? [] : [{ target, username }]));
  return needs.filter(
    (need, at) => needs.findIndex((other) => sameTarget(other.target, need.target) && other.username === need.username) === at,
  );
}

/** What is led by no other URL: the client asks its keyring, outside of sealed commands. */
function asking(program: string, lockFile: string, held: readonly Held[]): Survey {
  const targets = held.filter(({ isSuspended }) => !isSuspended).map(({ target }) => target);
  return {
    needs: targets.map((target) => ({ target })),
    asks: [],
    plan: (grants) => asksItself(program, grants),
    planThrough: () => ({
      withheld: `${program} writes the URLs of indexes into ${lockFile}, and so can't be led to the gateway`,
      hint: `plain ${program}, which asks toolkey by its keyring: toolkey setup pip`,
    }),
  };
}

/** A file of requirements that names an index comes before all else that pip is told. */
async function ofRequirements(
  { requirements }: TypedIndexes,
  request: RunRequest,
  read: ReadText,
  held: readonly Held[],
): Promise<string[]> {
  const notes: string[] = [];
  for (const file of requirements.filter((path) => !/^[a-z+]+:\/\//i.test(path))) {
    const text = (await read(absolute(file, request)).catch(() => undefined)) ?? "";
    for (const [, url = ""] of text.matchAll(/^\s*(?:-i|--index-url|--extra-index-url)[ =]+(\S+)/gm)) {
      const { target } = packageIndex(url);
      if (target !== undefined && held.some((each) => covers(each.target, target)))
        notes.push(`${file} names ${formatTarget(target)}, which pip asks past the gateway, and so without a token`);
    }
  }
  return notes;
}

function absolute(path: string, { directory, home }: RunRequest): string {
  return path.startsWith("~/") ? join(home, path.slice(2)) : isAbsolute(path) ? path : join(directory, path);
}
