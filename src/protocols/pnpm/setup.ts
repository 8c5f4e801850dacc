/**
 * pnpm's `tokenHelper`: a program per registry that prints the value of an Authorization header. pnpm 8 to 10
 * take a path alone, without arguments and unquoted, and only from the user's .npmrc; pnpm 11 and 12 from
 * their auth.ini as well, which no other program reads.
 */
import { Failure } from "../../core/failure.ts";
import { formatTarget, type Target } from "../../core/target.ts";
import { MarkedBlock } from "../text/marked-block.ts";
import { readNpmrc } from "../npm/configuration/npmrc.ts";
import { registryPlace } from "../npm/registry-key.ts";
import { shellWord } from "../text/shell-word.ts";

/** The block in a file of settings, in either file. */
export const PNPM_BLOCK = new MarkedBlock("pnpm");

/** The first pnpm that reads auth.ini. */
export const FIRST_WITH_AUTH_INI = 11;

/**
 * What a helper prints without a token: a scheme that servers don't know, and so take for no header. pnpm 11
 * does nothing at all, for no registry, if a helper prints nothing or fails.
 */
const NOTHING = "toolkey none-for-this-registry";

/** A program that pnpm starts for what is below a URL. */
export interface TokenHelper {
  /** pnpm's name of the place: `//host[:port]/path/`. */
  readonly key: string;
  readonly url: string;
  /** The name of its file. */
  readonly file: string;
}

/** One helper for each place, in their order. pnpm's names have no scheme: https goes before http. */
export function tokenHelpers(targets: readonly Target[]): TokenHelper[] {
  const byKey = new Map<string, TokenHelper>();
  for (const target of targets) {
    const url = formatTarget(target);
    const key = registryPlace(url);
    if (target.scheme === "https" || !byKey.has(key)) byKey.set(key, { key, url, file: fileName(key) });
  }
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** @throws Failure `usage` if pnpm could not start programs in this directory */
export function settings(helpers: readonly TokenHelper[], directory: string): string[] {
  if (!canHoldHelpers(directory)) {
    throw new Failure("usage", `pnpm can't start programs in ${directory}, since its name has to be quoted`, {
      hint: "set TOOLKEY_HOME or XDG_DATA_HOME to a directory without spaces and quotes in its name",
    });
  }
  return helpers.map(({ key, file }) => `${key}:tokenHelper=${directory}/${file}`);
}

/** The helpers that such lines name, each with the place that it is for. */
export function helperSettings(lines: readonly string[]): { readonly place: string; readonly path: string }[] {
  return readNpmrc(lines.join("\n")).flatMap(({ key, value }) => {
    const place = /^(.*):tokenHelper$/.exec(key)?.[1];
    return place === undefined ? [] : [{ place, path: value }];
  });
}

/** pnpm gives the path to a shell, or splits it at spaces. */
export function canHoldHelpers(directory: string): boolean {
  return /^\/[\w@+=:,./-]*$/.test(directory);
}

/**
 * @param authorization the path of `toolkey-authorization`, which the helper's own shell reads: another one takes as long as half of the
 * rest
 */
export function helperScript({ url }: TokenHelper, authorization: string): string {
  const [program, place, nothing] = [authorization, url, NOTHING].map(shellWord);
  return `#!/bin/sh
# Made by 'toolkey setup pnpm'; 'toolkey setup pnpm --undo' removes it.
ask() { . "$1"; }
# pnpm 11 refuses to work at all if a helper prints nothing.
if [ -r ${program} ]; then ask ${program} pnpm ${place} ${nothing}; else printf '%s\\n' ${nothing}; fi
`;
}

// Readable, and different for different keys: `registry.example.com`, `localhost=4873`, `example.com+npm`.
function fileName(key: string): string {
  const name = key.slice(2, -1).replaceAll("/", "+").replaceAll(":", "=");
  return name.replaceAll(/[^\w.+=-]/g, (other) => `_${(other.codePointAt(0) ?? 0).toString(16)}`);
}
