/** What `toolkey doctor` says of pip and its kin. */
import { dirname, join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { holdsPassword } from "../../../core/target.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import type { Environment } from "../../../platform/paths.ts";
import { findProgram } from "../../../platform/processes/programs.ts";
import { isOurKeyring } from "../../../protocols/pip/keyring/keyring-programs.ts";
import { iniValue, readPythonIni, type IniEntry } from "../../../protocols/pip/python-ini.ts";
import { BACKEND } from "../../../protocols/pip/keyring/setup.ts";
import type { Context } from "../../context.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import type { Doctor } from "../cli-tool.ts";
import { keyringProgram, keyringSettingsFile, oldPipSettingsFile, pipSettingsFile } from "./places.ts";

/** What is taken before a keyring is asked. */
const SECRET_VARIABLES = [
  /^TWINE_PASSWORD$/,
  /^UV_(PUBLISH_(TOKEN|PASSWORD)|INDEX_\w+_PASSWORD)$/,
  /^POETRY_(HTTP_BASIC_\w+_PASSWORD|PYPI_TOKEN_\w+)$/,
  /^PDM_PUBLISH_PASSWORD$/,
];
const URL_VARIABLES = /^(PIP|UV)_((EXTRA_|DEFAULT_)?INDEX(_URL)?|FIND_LINKS)$|^TWINE_REPOSITORY_URL$/;

export const pipDoctor: Doctor = {
  async ofTokens(context, tokens) {
    const own = tokens.filter(({ tool, state }) => tool === "pip" && state === "active");
    const isThere = await isSetUp(context);
    if (own.length === 0 && !isThere) return [];
    const variables = variableFindings(context.environment);
    if (!isThere) return [doubtful("not-set-up", "plain pip, uv, twine and poetry do not ask toolkey", "toolkey setup pip"), ...variables];
    return [
      ...(await programFindings(context)),
      ...(await pythonFindings(context)),
      ...variables,
      ...(await indexFindings(context, own.map(({ target, username }) => ({ target, username })))),
    ];
  },
};

/** Whether `toolkey setup pip` has made its programs. */
export async function isSetUp({ environment }: Context): Promise<boolean> {
  return isOurs(keyringProgram(environment));
}

async function programFindings({ environment }: Context): Promise<Finding[]> {
  const own = keyringProgram(environment);
  const first = findProgram("keyring", environment);
  const findings: Finding[] = [];
  const put = `PATH=${dirname(own)}:$PATH in the start-up file of your shell`;
  if (first === undefined) findings.push(bad("helper-not-on-path", `pip and uv find no keyring: ${dirname(own)} is not on PATH`, put));
  else if (!(await isOurs(first)))
    findings.push(
      doubtful(
        "other-helper-first",
        `pip and uv ask ${first}, which is first on PATH; Python's keyring asks toolkey in turn, others don't`,
        put,
      ),
    );
  else findings.push(good("asks-toolkey", `pip and uv ask toolkey, by ${first}`));
  for (const name of ["PIP_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER"])
    if (environment[name] === "disabled")
      findings.push(
        doubtful(
          "variable-in-the-way",
          `${name} says that no keyring is asked`,
          `unset ${name}`,
        ),
      );
  return findings;
}

async function pythonFindings({ environment }: Context): Promise<Finding[]> {
  const variable = environment["PYTHON_KEYRING_BACKEND"];
  if (variable !== undefined && variable !== "" && variable !== BACKEND)
    return [
      doubtful(
        "variable-in-the-way",
        `twine and poetry ask ${variable}, as PYTHON_KEYRING_BACKEND says`,
        "unset PYTHON_KEYRING_BACKEND",
      ),
    ];
  const path = keyringSettingsFile(environment);
  const chosen = iniValue((await settingsIn(path)) ?? [], "backend", "default-keyring");
  return [
    chosen === BACKEND
      ? good("asks-toolkey", `twine and poetry ask toolkey, by ${path}`)
      : doubtful(
        "other-helper-instead",
        `twine and poetry ask ${chosen ?? "another keyring"}, as ${path} says`,
        "remove default-keyring there; toolkey setup pip",
      ),
  ];
}

function variableFindings(environment: Environment): Finding[] {
  const holdsSecret = ([name, value = ""]: readonly [string, string | undefined]): boolean =>
    SECRET_VARIABLES.some((pattern) => pattern.test(name) && value !== "") ||
    (URL_VARIABLES.test(name) && value.split(/\s+/).some(holdsPassword));
  return Object.entries(environment)
    .filter(holdsSecret)
    .map(([name]) => doubtful("secret-in-variable", `${name} holds a secret, which is taken before toolkey is asked`, `unset ${name}`));
}

/** Indexes of the person's for which pip doesn't ask, since their URLs name no user. */
async function indexFindings(
  { environment }: Context,
  tokens: readonly { readonly target: string; readonly username: string | undefined }[],
): Promise<Finding[]> {
  const files = [oldPipSettingsFile(environment), pipSettingsFile(environment)];
  const settings = [];
  for (const path of files) for (const entry of (await settingsIn(path)) ?? []) settings.push({ ...entry, path });
  const named = settings
    .filter(({ key }) => /^(extra-)?index-url$/.test(key))
    .flatMap(({ value, path }) => value.split(/\s+/).map((url) => ({ url, path })));
  return tokens.flatMap(({ target, username }) => {
    const without = named.find(({ url }) => url === target || url.startsWith(`${target}/`));
    if (without === undefined) return [];
    const withName = without.url.replace("://", `://${encodeURIComponent(username ?? "USER")}@`);
    const what = `${without.path} has ${without.url}, for which pip up to 26.1 asks no keyring, since it names no user`;
    return [doubtful("index-without-user", what, `${withName} in its place`)];
  });
}

/** Undefined if it isn't there, or is no file that Python could read: import says so. */
async function settingsIn(path: string): Promise<readonly IniEntry[] | undefined> {
  try {
    return readPythonIni((await readTextFile(path)) ?? "");
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

async function isOurs(path: string): Promise<boolean> {
  try {
    return isOurKeyring((await readTextFile(join(path))) ?? "");
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
