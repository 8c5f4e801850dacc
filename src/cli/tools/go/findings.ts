/** What `toolkey doctor` says of Go. */
import { existsSync } from "node:fs";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { runProgram } from "../../../platform/processes/programs.ts";
import { commandsOf, isOurs, ourProgram } from "../../../protocols/go/auth-setting.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import { homeFiles } from "../../plaintext/secret-files.ts";
import { ownProgram } from "../../setup/own-program.ts";
import type { Doctor } from "../cli-tool.ts";
import { goEnvironmentFile, FIRST_WITH_GOAUTH, HELPER_PROGRAM, minorVersion } from "./setup.ts";

const SETUP = "toolkey setup go";

/** Nothing where Go has no token and was not set up. */
export const goDoctor: Doctor = {
  async ofTokens({ environment }, tokens) {
    const places = [...new Set(tokens.filter(({ tool, state }) => tool === "go" && state === "active").map(({ target }) => target))];
    const path = goEnvironmentFile(homeFiles(environment));
    const kept = commandsOf((path === undefined ? undefined : await readTextFile(path)) ?? "") ?? "";
    if (places.length === 0 && !isOurs(kept)) return [];
    const findings: Finding[] = [];
    const minor = await minorVersion(environment);
    if (minor !== undefined && minor < FIRST_WITH_GOAUTH)
      findings.push(
        doubtful(
          "program-too-old",
          `Go 1.${minor} asks no program for credentials`,
          `Go 1.${FIRST_WITH_GOAUTH} or newer; toolkey run -- go works with any`,
        ),
      );
    const set = environment["GOAUTH"] ?? "";
    if (set !== "" && !isOurs(set))
      findings.push(
        doubtful(
          "variable-in-the-way",
          "GOAUTH is set in your environment: go does not ask toolkey",
          "unset GOAUTH",
        ),
      );
    else if (!isOurs(set === "" ? kept : set))
      findings.push(
        doubtful(
          "not-set-up",
          "plain go does not ask toolkey; toolkey run -- go does",
          SETUP,
        ),
      );
    else if (!isThere(set === "" ? kept : set))
      findings.push(
        bad(
          "helper-missing",
          "GOAUTH names a program of toolkey that is not there",
          SETUP,
        ),
      );
    else for (const place of places) findings.push(await placeFinding(place, await ownProgram(HELPER_PROGRAM, environment), environment));
    return findings;
  },
};

function isThere(commands: string): boolean {
  return existsSync(ourProgram(`GOAUTH=${commands}`) ?? "");
}

/** Asks as Go would. What is printed is not shown. */
async function placeFinding(place: string, program: string, environment: Parameters<typeof runProgram>[2]): Promise<Finding> {
  const ended = await runProgram(program, ["get", `${place}/`], environment);
  if (/^Authorization: /m.test(ended?.stdout ?? "")) return good("gets-token", `go gets a token for ${place}`);
  return doubtful("gets-nothing", `go gets nothing for ${place}`, `to see why: ${program} get ${place}/`);
}
