/** The checks of `toolkey doctor` for Bazel. */
import { existsSync } from "node:fs";
import { parseTarget } from "../../../core/target.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { BAZEL_BLOCK, helperLines, otherHelpers } from "../../../protocols/bazel/setup.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import { ownProgram } from "../../setup/own-program.ts";
import type { Doctor } from "../cli-tool.ts";
import { bazelrc, PROGRAM } from "./setup.ts";
import { workspaceFindings } from "./workspace-findings.ts";

const AGAIN = "toolkey setup bazel";

export const bazelDoctor: Doctor = {
  /** Nothing where it has no token and was not set up. */
  async ofTokens(context, tokens) {
    const { environment } = context;
    const path = bazelrc(environment);
    const text = (await readTextFile(path)) ?? "";
    const lines = BAZEL_BLOCK.find(text);
    const own = tokens.filter(({ tool, state }) => tool === "bazel" && state === "active").map(({ target }) => parseTarget(target));
    if (lines === undefined) return own.length === 0 ? [] : [doubtful("not-set-up", "bazel does not ask toolkey", AGAIN)];
    const helper = await ownProgram(PROGRAM, environment);
    if (!existsSync(helper)) return [bad("helper-missing", `${helper} is not there, and ${path} names it: bazel fails`, AGAIN)];
    const findings: Finding[] = [];
    const lacking = helperLines(own, helper).filter((line) => !lines.includes(line));
    if (lacking.length === 0) findings.push(good("asks-toolkey", `bazel asks toolkey, by ${path}`));
    else findings.push(doubtful("place-not-set-up", `${path} does not name all hosts that bazel has tokens for`, AGAIN));
    const others = otherHelpers(text);
    const other = `${path} names another credential helper, too: of two for a host the last counts`;
    if (others.length > 0) findings.push(doubtful("other-helper", other, `look at ${path}`));
    return [...findings, ...(await workspaceFindings(context, own.filter(({ scheme }) => scheme === "https"), helper))];
  },
};
