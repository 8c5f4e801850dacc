/**
 * Which Cargo runs, where rustup's stands in for it: a file of the project may name a program of its own. Source:
 * the rustup book, "Overrides"
 */
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { findTexts, upwards, type FoundText } from "../project-texts.ts";
import { readToml, tableAt } from "../text/toml.ts";
import type { ReadText, RunRequest } from "../tool-protocol.ts";
import type { CargoWords } from "./words.ts";

/** Rustup takes the first, and with one line it is a channel. */
const OLDER = "rust-toolchain";
const NAMES = [OLDER, `${OLDER}.toml`];
/** One of Rust's own; `nightly-2026-01-31`, `1.80.1-x86_64-unknown-linux-gnu`. Others are of whoever made them. */
const CHANNEL = /^(stable|beta|nightly|\d+\.\d+(\.\d+)?(-beta(\.\d+)?)?)(-\d{4}-\d{2}-\d{2})?(-[a-z]\w*(-[a-z]\w*){1,3})?$/;

/** Why Cargo may be a program of the project's; undefined where the person says which one, or it is one of Rust's. */
export async function foreignToolchain(request: RunRequest, { toolchain }: CargoWords, read: ReadText): Promise<string | undefined> {
  if (toolchain !== undefined || (request.environment["RUSTUP_TOOLCHAIN"] ?? "") !== "") return undefined;
  for (const directory of upwards(request.directory)) {
    const found = await findTexts(NAMES.map((name) => join(directory, name)), read);
    // Of those above rustup knows nothing, then.
    if (found.length > 0) return directory === request.home ? undefined : found.map(foreignIn).find((why) => why !== undefined);
  }
  return undefined;
}

function foreignIn({ path, text }: FoundText): string | undefined {
  const isChannel = path.endsWith(`/${OLDER}`) && !/\n./.test(text.trim());
  const toolchain: Readonly<Record<string, unknown>> = isChannel ? { channel: text.trim() } : toolchainIn(text);
  const { path: program, channel = "stable" } = toolchain;
  const isOfRust = program === undefined && typeof channel === "string" && CHANNEL.test(channel);
  return isOfRust ? undefined : `${path} has rustup run a cargo that is none of Rust's own`;
}

function toolchainIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return tableAt(readToml(text), "toolchain");
  } catch (error) {
    // Another reader may find something in it.
    if (error instanceof Failure) return { path: "" };
    throw error;
  }
}
