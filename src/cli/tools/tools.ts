/** The tools that can be set up, in the order in which people read of them. What the command line does for each is in its folder. */
import { ansible } from "./ansible/tool.ts";
import { bazel } from "./bazel/tool.ts";
import { bun } from "./bun/tool.ts";
import { bundler } from "./bundler/tool.ts";
import { cargo } from "./cargo/tool.ts";
import type { CliTool } from "./cli-tool.ts";
import { composer } from "./composer/tool.ts";
import { conan } from "./conan/tool.ts";
import { coursier } from "./coursier/tool.ts";
import { docker } from "./docker/tool.ts";
import { git } from "./git/tool.ts";
import { go } from "./go/tool.ts";
import { gradle } from "./gradle/tool.ts";
import { maven } from "./maven/tool.ts";
import { npm } from "./npm/tool.ts";
import { pip } from "./pip/tool.ts";
import { pnpm } from "./pnpm/tool.ts";
import { terraform } from "./terraform/tool.ts";
import { yarn } from "./yarn/tool.ts";

export const CLI_TOOLS: ReadonlyMap<string, CliTool> = new Map(
  Object.entries({
    git, maven, gradle, npm, pnpm, yarn, bun, docker, pip, cargo, go, bundler, composer, conan, terraform, bazel, ansible, coursier,
  }),
);
