/** What `toolkey doctor` says of Conan. */
import { existsSync } from "node:fs";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { runProgram } from "../../../platform/processes/programs.ts";
import { helperIn } from "../../../protocols/conan/plugin.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import { homeFiles } from "../../plaintext/secret-files.ts";
import type { Doctor } from "../cli-tool.ts";
import { conanrcAbove, pluginFile } from "./files.ts";

const SETUP = "toolkey setup conan";

/** Nothing where conan has no token and was not set up. */
export const conanDoctor: Doctor = {
  async ofTokens({ environment }, tokens) {
    const path = pluginFile(homeFiles(environment));
    const helper = helperIn((await readTextFile(path)) ?? "");
    const own = tokens.filter(({ tool, state }) => tool === "conan" && state === "active");
    if (helper === undefined) return own.length === 0 ? [] : [doubtful("not-set-up", "conan does not ask toolkey", SETUP)];
    if (!existsSync(helper)) return [bad("helper-missing", `conan's plugin asks ${helper}, which is not there`, SETUP)];
    const findings: Finding[] = [];
    const elsewhere = conanrcAbove(process.cwd());
    if (elsewhere !== undefined)
      findings.push(
        doubtful(
          "settings-elsewhere",
          `here conan has another home, by ${elsewhere}, if that says so`,
          `CONAN_HOME=… ${SETUP}, for that one`,
        ),
      );
    for (const target of new Set(own.map((token) => token.target))) {
      // What it prints is not shown.
      const ended = await runProgram(helper, ["get", target], environment);
      const isGiven = ended?.exitCode === 0 && ended.stdout.includes('"password"');
      if (isGiven) findings.push(good("gets-token", `conan gets a token for ${target}`));
      else findings.push(doubtful("gets-nothing", `conan gets nothing for ${target}`, `to see why: ${helper} get ${target}`));
    }
    return findings;
  },
};
