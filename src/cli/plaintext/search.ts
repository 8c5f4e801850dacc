import { basename, dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { unpresentable } from "../../core/tokens/presentable.ts";
import { formatTarget, parseTarget } from "../../core/target.ts";
import type { ServiceView } from "../../core/views/service.ts";
import { formOf, type TokenForm } from "../../core/tokens/token-form.ts";
import type { Environment } from "../../platform/paths.ts";
import { readExactFile, type ExactFile } from "../../platform/files/text-file.ts";
import { TOOL_NAMES } from "../../protocols/tool-facts.ts";
import type { PlaintextSecret } from "../../protocols/plaintext/plaintext-secret.ts";
import type { SecretFile } from "./places.ts";
import { homeFiles, type SecretFiles } from "./secret-files.ts";

const SERVED: ReadonlySet<string> = new Set(TOOL_NAMES);

/** A file with secrets in it, in the order in which they count. */
export interface FoundFile extends SecretFile {
  readonly file: ExactFile;
  readonly secrets: readonly PlaintextSecret[];
}

/** What a search found, and the files that could not be read. */
export interface Found {
  readonly files: readonly FoundFile[];
  readonly failures: readonly Failure[];
}

/**
 * Looks for secrets in plain text. What is one file under two names is looked at once.
 *
 * @param beside files that may say what secrets are for
 * @param services asked for if that is to be found; undefined where no daemon is to be asked
 * @param forms what tokens look like; the same
 */
export async function search(
  places: readonly SecretFile[],
  world: {
    environment: Environment;
    beside?: readonly string[];
    services?: (() => Promise<readonly ServiceView[]>) | undefined;
    forms?: (() => Promise<readonly TokenForm[]>) | undefined;
  },
): Promise<Found> {
  const files: FoundFile[] = [];
  const failures: Failure[] = [];
  const seen = new Set<string>();
  for (const place of places) {
    try {
      const file = await readExactFile(place.path);
      if (file === undefined || seen.has(file.realPath)) continue;
      seen.add(file.realPath);
      const found = find(place, file.text);
      const secrets = (await place.of.decrypt?.(found, world.environment)) ?? found;
      if (secrets.length > 0) files.push({ ...place, file, secrets });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  return { files: await withForms(await withTargets(files, world), world), failures };
}

/** Whether a secret lies there for everybody to read who reads the file. */
export function isInPlainText({ encrypted }: PlaintextSecret): boolean {
  return encrypted !== true;
}

function find({ path, format, of }: SecretFile, text: string): readonly PlaintextSecret[] {
  try {
    return of.formats[format]?.(text) ?? [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `${path}, ${error.message}`, { hint: "it was left as it is", cause: error });
  }
}

async function withTargets(files: readonly FoundFile[], world: Parameters<typeof search>[1]): Promise<FoundFile[]> {
  const isNamed = ({ of }: FoundFile, { stays, url }: PlaintextSecret): boolean =>
    of.locate !== undefined && stays === undefined && url === undefined;
  const withNames = files.filter((found) => found.secrets.some((secret) => isNamed(found, secret)));
  const services = withNames.length === 0 ? [] : ((await world.services?.()) ?? []);
  const located = new Map<string, ReturnType<NonNullable<SecretFiles["locate"]>>>();
  const placed = new Map<FoundFile, (name: string) => string | undefined>();
  for (const found of withNames) {
    const paths = sayingFor(found, files, world);
    const key = [found.format, ...paths].join("\0");
    const locate = located.get(key) ?? found.of.locate?.(services, await textsOf(paths));
    if (locate === undefined) continue;
    located.set(key, locate);
    placed.set(found, locate);
  }
  return files.map((found) => ({
    ...found,
    secrets: found.secrets.map((secret) => settle(isNamed(found, secret) ? { ...secret, url: placed.get(found)?.(secret.name) } : secret)),
  }));
}

/** The files that may say what the secrets of this one are for: no project says where a token of the home goes. */
function sayingFor({ of, path, inProject }: FoundFile, files: readonly FoundFile[], world: Parameters<typeof search>[1]): string[] {
  const own = files.filter((found) => found.of === of && found.inProject === inProject).map((found) => found.path);
  if (inProject === undefined) return [...new Set([...own, ...(of.saying?.(homeFiles(world.environment)) ?? [])])];
  if (of.near !== undefined) return of.near.map((name) => join(dirname(path), name));
  return [...own, ...(world.beside ?? []).filter((each) => basename(each) === of.beside)];
}

async function withForms(files: readonly FoundFile[], { forms }: Parameters<typeof search>[1]): Promise<FoundFile[]> {
  const known = files.length === 0 ? [] : ((await forms?.()) ?? []);
  return files.map((found) => ({
    ...found,
    secrets: found.secrets.map((secret) => ({ ...secret, form: formOf(secret.secret.reveal(), hostOf(secret), known) })),
  }));
}

function hostOf({ url }: PlaintextSecret): string | undefined {
  return url === undefined || !URL.canParse(url) ? undefined : new URL(url).hostname;
}

/** A secret with its URL as toolkey writes it; or with the reason why it can't be taken. */
function settle(secret: PlaintextSecret): PlaintextSecret {
  if (secret.stays !== undefined) return secret;
  if (!SERVED.has(secret.tool)) return { ...secret, stays: "not served" };
  const unfit = unpresentable(secret);
  if (unfit !== undefined)
    return { ...secret, username: unfit === "user name" ? undefined : secret.username, stays: `its ${unfit} holds a control character` };
  if (secret.url === undefined) return { ...secret, stays: "nothing says which URL it is for" };
  try {
    return { ...secret, url: formatTarget(parseTarget(secret.url)) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...secret, stays: "its place is no URL that a token can be bound to" };
  }
}

async function textsOf(paths: readonly string[]): Promise<string[]> {
  const texts = [];
  for (const path of paths) {
    try {
      const file = await readExactFile(path);
      if (file !== undefined) texts.push(file.text);
    } catch (error) {
      // It was only to tell what a server is for.
      if (!(error instanceof Failure)) throw error;
    }
  }
  return texts;
}
