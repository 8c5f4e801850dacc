/**
 * Which requests git makes of a host, and which of them change what is there: gitprotocol-http(5), and Git LFS
 * (docs/api of its repository: batch, basic transfers, locking). Whatever else a host has, its API above all, is not git's. Pure.
 */

/** What a request of git's does there. */
interface GitRequest {
  readonly changes: boolean;
  /** Whether the answer says where the objects of LFS are (lfs-batch.ts). */
  readonly isBatch: boolean;
}

const READS: GitRequest = { changes: false, isBatch: false };
const CHANGES: GitRequest = { changes: true, isBatch: false };

const GETS = /^(GET|HEAD)$/;
/** The dumb protocol: what is read where a server only hands out files. */
const FILE =
  /\/(HEAD|objects\/info\/(packs|alternates|http-alternates)|objects\/[0-9a-f]{2}\/[0-9a-f]{38,62}|objects\/pack\/pack-[0-9a-f]{40,64}\.(pack|idx))$/;
/** The name of an object of LFS, wherever a host has them; behind it may be a size or a word. */
const LFS_OBJECT = /\/[0-9a-f]{64}(\/[\w-]+)?$/;

/**
 * @param path at the host, without the query
 * @param query with its `?`; empty if there is none
 * @returns undefined for what git does not ask
 */
export function gitRequest(method: string, path: string, query: string): GitRequest | undefined {
  if (path.endsWith("/info/refs") && GETS.test(method)) return advertisement(query);
  if (GETS.test(method)) return FILE.test(path) || LFS_OBJECT.test(path) || path.endsWith("/info/lfs/locks") ? READS : undefined;
  if (method === "POST") return posted(path);
  return method === "PUT" && LFS_OBJECT.test(path) ? CHANGES : undefined;
}

function advertisement(query: string): GitRequest | undefined {
  const services = new URLSearchParams(query).getAll("service");
  // Two would leave it to the server which one counts.
  if (services.length > 1) return undefined;
  return services[0] === undefined || services[0] === "git-upload-pack" ? READS : services[0] === "git-receive-pack" ? CHANGES : undefined;
}

function posted(path: string): GitRequest | undefined {
  if (path.endsWith("/git-upload-pack")) return READS;
  if (path.endsWith("/git-receive-pack")) return CHANGES;
  // Which of both it is stands in the body; what changes something is the upload itself, and left out of the answer.
  if (path.endsWith("/info/lfs/objects/batch")) return { changes: false, isBatch: true };
  if (/\/info\/lfs\/locks(\/verify|\/[^/]+\/unlock)?$/.test(path)) return CHANGES;
  return LFS_OBJECT.test(path) || /\/info\/lfs\/(objects\/)?verify$/.test(path) ? CHANGES : undefined;
}

/** Where what is asked of a repository begins. */
const BELOW_REPOSITORY = /^(info|objects|HEAD|git-(upload|receive)-pack)$/;

/** The path of the repository that a request is about, by its segments; undefined if it can't be told. */
export function repositoryIn(segments: readonly string[]): string[] | undefined {
  const named = segments.findIndex((segment) => segment.endsWith(".git"));
  if (named !== -1) return segments.slice(0, named + 1);
  const below = segments.findIndex((segment, index) => index > 0 && BELOW_REPOSITORY.test(segment));
  return below === -1 ? undefined : segments.slice(0, below);
}
