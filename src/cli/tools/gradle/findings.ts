/** The checks of `toolkey doctor` for Gradle. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { initScript } from "../../../protocols/gradle/init-script.ts";
import { findInGradleProperties } from "../../../protocols/gradle/property-secrets.ts";
import type { Context } from "../../context.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import { planFindings } from "../../doctor/plan-findings.ts";
import { ownProgram } from "../../setup/own-program.ts";
import type { Doctor } from "../cli-tool.ts";
import { gradleHome, homeElsewhere, scriptFile, isOurs } from "./setup.ts";

/** By which a repository that takes its credentials by its name has them before it asks us. */
const OF_A_REPOSITORY = /^ORG_GRADLE_PROJECT_(.+)(Password|AuthHeaderValue)$/;

export const gradleDoctor: Doctor = {
  /** Nothing where Gradle has no token and was not set up. */
  async ofTokens(context, tokens) {
    const isUsed = tokens.some(({ tool, state }) => tool === "gradle" && state === "active");
    const script = await scriptFindings(context, isUsed);
    if (!isUsed) return script;
    return [
      ...script,
      ...(await ownCredentials(context)),
      ...(await planFindings(context, { tool: "gradle", program: "gradle", argument: "build", nothing: "gets no token", direct: true })),
    ];
  },
};

async function scriptFindings({ environment }: Context, isUsed: boolean): Promise<Finding[]> {
  const path = scriptFile(environment);
  const text = await readTextFile(path);
  if (text === undefined || !isOurs(text))
    return isUsed ? [doubtful("not-set-up", "plain gradle does not ask toolkey; toolkey run -- gradle does", "toolkey setup gradle")] : [];
  const elsewhere = homeElsewhere(environment);
  const program = await ownProgram("toolkey-authorization", environment);
  if (text !== initScript(program) || !existsSync(program))
    return [
      bad(
        "of-another-toolkey",
        `${path} is of another toolkey`,
        "toolkey setup gradle",
      ),
    ];
  if (elsewhere !== undefined)
    return [
      bad(
        "settings-elsewhere",
        `Gradle does not read ${path}: it looks below ${elsewhere}`,
        `export GRADLE_USER_HOME='${gradleHome(environment)}'`,
      ),
    ];
  return [good("asks-toolkey", `gradle asks toolkey, by ${path}`)];
}

/** What comes before a token of ours: credentials that a build takes from properties. */
async function ownCredentials({ environment }: Context): Promise<Finding[]> {
  const set = Object.keys(environment).filter((name) => environment[name] && OF_A_REPOSITORY.test(name));
  const path = join(gradleHome(environment), "gradle.properties");
  const written = findInGradleProperties((await readTextFile(path)) ?? "").map(({ name }) => name);
  return [
    ...set.map((name) => doubtful(
      "secret-in-variable",
      `${name} is set: a repository that takes it gets no token of toolkey's`,
      `unset ${name}`,
    )),
    ...written.map((name) =>
      doubtful(
        "file-in-the-way",
        `${path} has ${name}: a repository that takes it gets no token of toolkey's`,
        "toolkey import --check, for all such",
      ),
    ),
  ];
}
