/**
 * Cargo's name of a registry: the URL of its index, `sparse+https://…/` where that is asked by HTTP, and without `sparse+` where it is a
 * git repository. Source: https://doc.rust-lang.org/cargo/reference/registries.html
 */
import { Failure } from "../../core/failure.ts";
import { parseTarget, type Target } from "../../core/target.ts";

export const SPARSE = "sparse+";
/** What people call the registry that Cargo has built in; its index has two other names. */
export const CRATES_IO = "https://crates.io";
export const CRATES_IO_HOSTS = String.raw`^((index|static|www)\.)?crates\.io$`;
const CRATES_IO_BY_GIT = "https://github.com/rust-lang/crates.io-index";

/** The place whose token is for a registry; undefined for one that is asked neither by HTTP nor by git over HTTP. */
export function targetOfIndex(index: string): Target | undefined {
  const url = index.startsWith(SPARSE) ? index.slice(SPARSE.length) : index;
  if (!/^https?:\/\//i.test(url)) return undefined;
  try {
    const target = parseTarget(url);
    return isCratesIo(url, target) ? parseTarget(CRATES_IO) : target;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function isCratesIo(url: string, { host }: Target): boolean {
  return url.replace(/\/$/, "") === CRATES_IO_BY_GIT || new RegExp(CRATES_IO_HOSTS).test(host);
}

/** Whether Cargo asks for the index by HTTP. */
export function isSparse(index: string): boolean {
  return index.startsWith(SPARSE);
}

/** The index below a URL, as Cargo wants it. */
export function sparseIndex(url: string): string {
  return `${SPARSE}${url}/`;
}
