/** The tools that can be set up, in the order in which people read of them. What the command line does for each is in its folder. */
import { ansible } from "./ansible/tool.ts";
import { bun } from "./bun/tool.ts";
import { bundler } from "./bundler/tool.ts";
import type { CliTool } from "./cli-tool.ts";
import { composer } from "./composer/tool.ts";
import { conan } from "./conan/tool.ts";
import { coursier } from "./coursier/tool.ts";
import { docker } from "./docker/tool.ts";
import { git } from "./git/tool.ts";
import { maven } from "./maven/tool.ts";
import { npm } from "./npm/tool.ts";
import { pnpm } from "./pnpm/tool.ts";
import { yarn } from "./yarn/tool.ts";

export const CLI_TOOLS: ReadonlyMap<string, CliTool> = new Map(
  Object.entries({ git, maven, npm, pnpm, yarn, bun, docker, bundler, composer, ansible, conan, coursier }),
);
