/**
 * Bazel's `--credential_helper` in the person's `.bazelrc`: a line for each host, since a helper that is asked for all hosts would be
 * started for each of them. From Bazel 7 on; before, `common` is an error for commands that don't know an option. Pure.
 *
 * @see https://bazel.build/run/bazelrc
 */
import type { Target } from "../../core/target.ts";
import { MarkedBlock } from "../text/marked-block.ts";
import { shellWord } from "../text/shell-word.ts";

export const BAZEL_BLOCK = new MarkedBlock("bazel");

const SETTING = /^(common|always|build|fetch)(:\S+)?\s+['"]?--(experimental_)?credential_helper=/;

/** @param helper its path. Bazel knows hosts by their names alone, without a port */
export function helperLines(targets: readonly Target[], helper: string): string[] {
  const hosts = [...new Set(targets.filter(({ scheme }) => scheme === "https").map(({ host }) => host))].toSorted();
  return hosts.map((host) => `common ${shellWord(`--credential_helper=${host}=${helper}`)}`);
}

/** Other helpers that a file names; a later one for the same host comes first. */
export function otherHelpers(text: string): string[] {
  return (BAZEL_BLOCK.remove(text) ?? "").split("\n").map((line) => line.trim()).filter((line) => SETTING.test(line));
}
