/** What Bazel would be given in the workspace here, and what of the workspace comes before that. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { formatTarget, type Target } from "../../../core/target.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { homeOf } from "../../../platform/paths.ts";
import { runProgram } from "../../../platform/processes/programs.ts";
import { filesWithHelpers } from "../../../protocols/bazel/workspace.ts";
import { upwards } from "../../../protocols/project-texts.ts";
import type { Context } from "../../context.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";

/** One of them is at the root of each workspace. */
const ROOT = ["MODULE.bazel", "REPO.bazel", "WORKSPACE.bazel", "WORKSPACE"];
/** By which Bazelisk takes another Bazel than everybody's (its README). */
const OTHER_BAZEL = /^[ \t]*(BAZELISK_BASE_URL|BAZELISK_FORMAT_URL)[ \t]*=|^[ \t]*USE_BAZEL_VERSION[ \t]*=.*\//m;

/** @param targets those for which Bazel has tokens. @param helper our program */
export async function workspaceFindings({ environment }: Context, targets: readonly Target[], helper: string): Promise<Finding[]> {
  const root = upwards(process.cwd()).find((directory) => ROOT.some((name) => existsSync(join(directory, name))));
  const given = targets.map((target) => answerFinding(formatTarget(target), root ?? process.cwd(), helper, environment));
  return [...(await Promise.all(given)), ...(root === undefined ? [] : await findingsOf(root, environment))];
}

/** Asks as Bazel does. What is printed is not shown, but for why nothing is. */
async function answerFinding(url: string, root: string, helper: string, environment: Context["environment"]): Promise<Finding> {
  const ended = await runProgram(helper, ["get"], environment, { directory: root, input: JSON.stringify({ uri: url }) });
  if (ended?.stdout.includes('"Authorization"') === true) return good("gets-token", `bazel gets a token for ${url}`);
  const why = /^toolkey: (.*)$/m.exec(ended?.stderr ?? "")?.[1];
  const again = `to see it again, in ${root}: echo '{"uri":"${url}"}' | ${helper} get`;
  return doubtful("gets-nothing", why ?? `bazel gets nothing for ${url}`, again);
}

async function findingsOf(root: string, environment: Context["environment"]): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    for (const path of await filesWithHelpers({ directory: root, home: homeOf(environment) }, readTextFile))
      findings.push(doubtful("other-helper-first", `${path} names a credential helper, which counts before toolkey's`, `look at ${path}`));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    findings.push(bad("settings-unreadable", error.message, "bazel can't read it either"));
  }
  const wrapper = join(root, "tools", "bazel");
  if (existsSync(wrapper) && (environment["BAZELISK_SKIP_WRAPPER"] ?? "") === "")
    findings.push(
      doubtful(
        "project-chooses-program",
        `here bazel starts ${wrapper}, a program of the workspace, which can ask for what Bazel gets`,
        `look at ${wrapper}, or BAZELISK_SKIP_WRAPPER=1 bazel ...`,
      ),
    );
  const [settings, version] = [join(root, ".bazeliskrc"), join(root, ".bazelversion")];
  if (OTHER_BAZEL.test((await readTextFile(settings)) ?? "")) findings.push(otherBazel(settings));
  if (((await readTextFile(version)) ?? "").includes("/")) findings.push(otherBazel(version));
  return findings;
}

function otherBazel(path: string): Finding {
  const what = `here Bazelisk takes another Bazel than everybody's, by ${path}: it gets the tokens`;
  return doubtful("project-chooses-program", what, `look at ${path}`);
}
