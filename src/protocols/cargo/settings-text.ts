/** Settings for one command of Cargo's, in a file without a name. Pure. */
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget, type Target } from "../../core/target.ts";
import { authorization } from "../authorization.ts";
import type { Grant } from "../tool-protocol.ts";
import { CRATES_IO } from "./index-url.ts";
import type { Placed } from "./indexes.ts";
import type { CargoWords } from "./words.ts";

const SETTINGS = "settings";
/** Cargo's own provider, which takes tokens from settings. As a list, since that is what Cargo can put together with others' lists. */
const FROM_SETTINGS = ["cargo:token"];

/** What Cargo takes before all other settings. `+nightly` has to be the first word, and is said by a variable instead. */
export function withSettings({ toolchain }: CargoWords, lines: readonly string[]): Plan {
  const file = { descriptor: SETTINGS };
  return {
    ...EMPTY_PLAN,
    ...(toolchain === undefined
      ? { arguments: ["--config", file] }
      : { instead: { [toolchain]: { ...file, before: "--config=" } }, environment: { RUSTUP_TOOLCHAIN: toolchain.slice(1) } }),
    descriptors: { [SETTINGS]: new Secret(`${lines.join("\n")}\n`) },
  };
}

/** The lines of a registry with a token of its own, so that no other provider is asked. @param name undefined for crates.io */
export function registryLines(name: string | undefined, token: Secret, more: Readonly<Record<string, string>> = {}): string[] {
  return table(name === undefined ? ["registry"] : ["registries", name], {
    ...more,
    token: token.reveal(),
    "credential-provider": FROM_SETTINGS,
  });
}

/** What a registry of ours is called, which Cargo shows. @param known what the person calls it, who has no two of one name */
export function ownName(known: string | undefined, { host }: Target, number: number): string {
  return `toolkey-${known ?? `${host.replaceAll(/[^a-z0-9-]/gi, "-")}-${number}`}`;
}

/** The lines of a table; a text in JSON is one in TOML. */
export function table(path: readonly string[], values: Readonly<Record<string, string | readonly string[]>>): string[] {
  return [
    `[${path.map((key) => JSON.stringify(key)).join(".")}]`,
    ...Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ];
}

/** The tokens themselves, as Cargo has them in credentials.toml. Of two for one registry the last: it knows but one. */
export function planTokens(words: CargoWords, indexes: readonly Placed[], grants: readonly Grant[]): Plan {
  const last = grants.filter(({ need }, at) => grants.findLastIndex((other) => sameTarget(other.need.target, need.target)) === at);
  if (last.length === 0) return EMPTY_PLAN;
  const lines = last.flatMap((grant) => {
    const { target } = grant.need;
    const token = authorization(grant);
    if (formatTarget(target) === CRATES_IO) return registryLines(undefined, token);
    return indexes
      .filter((index) => sameTarget(index.target, target))
      // Never a name alone: for a project it may be that of another index.
      .flatMap(({ name, url }, at) => registryLines(name ?? ownName(name, target, at), token, { index: url }));
  });
  return { ...withSettings(words, lines), given: last.map(({ token, need }) => ({ token: token.id, place: formatTarget(need.target) })) };
}
