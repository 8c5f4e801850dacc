/** What `toolkey doctor` says of Cargo. */
import { Failure } from "../../../core/failure.ts";
import type { TokenView } from "../../../core/tokens/token.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import type { Environment } from "../../../platform/paths.ts";
import { runProgram } from "../../../platform/processes/programs.ts";
import { otherProviders, programOf, providersIn } from "../../../protocols/cargo/setup.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import { planFindings } from "../../doctor/plan-findings.ts";
import { homeFiles } from "../../plaintext/secret-files.ts";
import { ownProgram } from "../../setup/own-program.ts";
import type { Doctor } from "../cli-tool.ts";
import { cargoConfiguration } from "./files.ts";
import { PROVIDER } from "./setup.ts";

const SETUP = "toolkey setup cargo";
/** The first that asks providers. */
const FIRST = [1, 74] as const;
const IN_VARIABLES = /^CARGO_(REGISTRY|REGISTRIES_.+)_TOKEN$/;
const OTHER_PROVIDERS = /^CARGO_REGISTR(Y|IES_.+)_CREDENTIAL_PROVIDER$|^CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS$/;

const EXAMPLE = { tool: "cargo", program: "cargo", argument: "fetch", nothing: "names no registry for which it has a token", direct: true };

/** Nothing where Cargo has no token and was not set up. */
export const cargoDoctor: Doctor = {
  async ofTokens(context, tokens) {
    const { environment } = context;
    const path = await cargoConfiguration(homeFiles(environment));
    try {
      const text = (await readTextFile(path)) ?? "";
      const own = await ownProgram(PROVIDER, environment);
      const isSetUp = programsIn(text).some((program) => program.endsWith(`/${PROVIDER}`));
      if (!isSetUp && !tokens.some(isUsed)) return [];
      return [
        ...(await versionFindings(environment)),
        ...settingsFindings(text, path, own),
        ...variableFindings(environment),
        ...(await planFindings(context, EXAMPLE)),
      ];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return [bad("settings-unreadable", `cargo can't read ${path}: ${error.message}`, `mend it, then ${SETUP}`)];
    }
  },
};

function isUsed({ tool, state }: TokenView): boolean {
  return tool === "cargo" && state === "active";
}

async function versionFindings(environment: Environment): Promise<Finding[]> {
  const printed = (await runProgram("cargo", ["--version"], environment, { directory: "/" }))?.stdout ?? "";
  const [, major, minor] = /^cargo (\d+)\.(\d+)/.exec(printed)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return [];
  const isOld = major < FIRST[0] || (major === FIRST[0] && minor < FIRST[1]);
  const hint = `update it: ${FIRST.join(".")} and newer do`;
  return isOld ? [bad("program-too-old", `cargo ${major}.${minor} asks nobody for its tokens`, hint)] : [];
}

function programsIn(text: string): string[] {
  return providersIn(text).flatMap((provider) => programOf(text, provider) ?? []);
}

function settingsFindings(text: string, path: string, own: string): Finding[] {
  const programs = programsIn(text);
  const at = programs.findLastIndex((program) => program.endsWith(`/${PROVIDER}`));
  const later = programs.slice(at + 1);
  const others = otherProviders(text).map(({ registry, provider }) =>
    doubtful(
      "other-helper-instead",
      `for ${registry} cargo asks '${provider}', and not toolkey`,
      `take its credential-provider out of ${path}`,
    ),
  );
  if (at === -1) return [doubtful("not-set-up", "cargo does not ask toolkey", SETUP), ...others];
  if (programs[at] !== own)
    return [
      doubtful(
        "of-another-toolkey",
        `cargo asks ${programs[at] ?? ""}, which is of another toolkey`,
        SETUP,
      ),
      ...others,
    ];
  if (later.length > 0)
    return [
      doubtful(
        "other-helper-first",
        `cargo asks ${later.join(" and ")} before toolkey`,
        `put toolkey last in ${path}`,
      ),
      ...others,
    ];
  return [good("asks-toolkey", "cargo asks toolkey"), ...others];
}

/** What programs of a build could read, and what takes the place of settings. */
function variableFindings(environment: Environment): Finding[] {
  const names = Object.keys(environment).filter((name) => (environment[name] ?? "") !== "");
  return [
    ...names
      .filter((name) => IN_VARIABLES.test(name))
      .map((name) =>
        doubtful(
          "secret-in-variable",
          `$${name} holds a token, which every program of a build can read`,
          `toolkey add URL --tool cargo; unset ${name}`,
        ),
      ),
    ...names
      .filter((name) => OTHER_PROVIDERS.test(name))
      .map((name) => doubtful("variable-in-the-way", `cargo asks what $${name} names before toolkey`, `unset ${name}`)),
  ];
}
