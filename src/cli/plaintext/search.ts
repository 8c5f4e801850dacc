import { Failure } from "../../core/failure.ts";
import { unpresentable } from "../../core/presentable.ts";
import { formatTarget, parseTarget } from "../../core/target.ts";
import type { ServiceView } from "../../core/administration.ts";
import type { Environment } from "../../platform/paths.ts";
import { readExactFile, type ExactFile } from "../../platform/files/text-file.ts";
import { FORMATS } from "../../protocols/plaintext/formats.ts";
import type { PlaintextSecret } from "../../protocols/plaintext/plaintext-secret.ts";
import { decryptMavenPasswords } from "./maven-passwords.ts";
import type { Place } from "./places.ts";
import { serverPlaces } from "./server-places.ts";

/** The tools that toolkey hands tokens to. */
const SERVED: ReadonlySet<string> = new Set(["git", "maven", "npm", "pnpm", "yarn"]);

/** A file with secrets in it, in the order in which they count. */
export interface FoundFile extends Place {
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
 * @param poms files that may say what a server of Maven is for
 * @param services asked for if there are servers; undefined where no daemon is to be asked
 */
export async function search(
  places: readonly Place[],
  world: { environment: Environment; poms?: readonly string[]; services?: (() => Promise<readonly ServiceView[]>) | undefined },
): Promise<Found> {
  const files: FoundFile[] = [];
  const failures: Failure[] = [];
  const seen = new Set<string>();
  for (const place of places) {
    try {
      const file = await readExactFile(place.path);
      if (file === undefined || seen.has(file.realPath)) continue;
      seen.add(file.realPath);
      const secrets = await decryptMavenPasswords(find(place, file.text), world.environment);
      if (secrets.length > 0) files.push({ ...place, file, secrets });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  return { files: await withTargets(files, world), failures };
}

/** Whether a secret lies there for everybody to read who reads the file. */
export function isInPlainText({ encrypted }: PlaintextSecret): boolean {
  return encrypted !== true;
}

function find({ path, format }: Place, text: string): readonly PlaintextSecret[] {
  try {
    return FORMATS[format](text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `${path}, ${error.message}`, { hint: "it was left as it is", cause: error });
  }
}

async function withTargets(files: readonly FoundFile[], world: Parameters<typeof search>[1]): Promise<FoundFile[]> {
  const isServer = ({ tool, stays, url }: PlaintextSecret): boolean => tool === "maven" && stays === undefined && url === undefined;
  const hasServers = files.some(({ secrets }) => secrets.some(isServer));
  const services = hasServers ? ((await world.services?.()) ?? []) : [];
  const settings = files.filter(({ format }) => format === "maven-settings").map(({ file }) => file.text);
  const placeOf = serverPlaces(services, hasServers ? [...settings, ...(await textsOf(world.poms ?? []))] : []);
  return files.map((found) => ({
    ...found,
    secrets: found.secrets.map((secret) => settle(isServer(secret) ? { ...secret, url: placeOf(secret.name) } : secret)),
  }));
}

/** A secret with its URL as toolkey writes it; or with the reason why it can't be taken. */
function settle(secret: PlaintextSecret): PlaintextSecret {
  if (secret.stays !== undefined) return secret;
  if (!SERVED.has(secret.tool)) return { ...secret, stays: "not served" };
  const unfit = unpresentable(secret);
  if (unfit !== undefined) return { ...secret, username: unfit === "user name" ? undefined : secret.username, stays: `its ${unfit} holds a control character` };
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
