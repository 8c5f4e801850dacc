/** The tools. This is the only list of them: what is known of each is in its folder. */
import { ansible } from "./ansible/tool.ts";
import { bazel } from "./bazel/tool.ts";
import { bun } from "./bun/tool.ts";
import { bundler } from "./bundler/tool.ts";
import { cargo } from "./cargo/tool.ts";
import { composer } from "./composer/tool.ts";
import { conan } from "./conan/tool.ts";
import { coursier } from "./coursier/tool.ts";
import { docker } from "./docker/tool.ts";
import { git } from "./git/tool.ts";
import { go } from "./go/tool.ts";
import { gradle } from "./gradle/tool.ts";
import { http } from "./http/tool.ts";
import { maven } from "./maven/tool.ts";
import { netrc } from "./netrc/tool.ts";
import { npm } from "./npm/tool.ts";
import { nuxeoctl } from "./nuxeoctl/tool.ts";
import { pip } from "./pip/tool.ts";
import { pnpm } from "./pnpm/tool.ts";
import { terraform } from "./terraform/tool.ts";
import type { Tool } from "./tool.ts";
import { yarn } from "./yarn/tool.ts";

export const TOOLS = {
  ansible, bazel, bun, bundler, cargo, composer, conan, coursier, docker, git, go, gradle, http, maven, netrc, npm, nuxeoctl, pip, pnpm,
  terraform, yarn,
};

export type ToolName = keyof typeof TOOLS;

/** Undefined for a name of none. */
export function toolNamed(name: string): Tool | undefined {
  return Object.hasOwn(TOOLS, name) ? TOOLS[name as ToolName] : undefined;
}

/** Of the tools that may have one in settings which stay. */
export const KEPT_PHANTOMS = Object.values<Tool>(TOOLS).flatMap(({ kept }) => kept ?? []);
