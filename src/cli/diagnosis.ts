/** The checks of `toolkey doctor`. */
import type { Status } from "../core/administration.ts";
import { BUILD } from "../core/build.ts";
import { Failure } from "../core/failure.ts";
import { missedTokens, suspendedHints, suspendedText } from "../core/suspended.ts";
import { runProgram } from "../platform/programs.ts";
import { effectiveHelpers, helperValues, isOurHelper, isPlaintextHelper } from "../protocols/git/setup.ts";
import { ask, type Context } from "./context.ts";
import { bad, doubtful, good, type Finding } from "./findings.ts";
import { gitSettings, helperPath } from "./git-configuration.ts";
import { withoutPaths } from "./git-paths.ts";
import { sessionLines } from "./session-text.ts";
import { mavenFindings } from "./maven-findings.ts";
import { npmFindings } from "./npm-findings.ts";

/** Runs all checks, the daemon's first: most others need it. */
export async function diagnose(context: Context, status: () => Promise<Status>): Promise<Finding[]> {
  const daemon = await attempt("the daemon", status);
  const findings = daemon.finding === undefined ? [...daemonFindings(daemon.value)] : [daemon.finding];
  if (daemon.value !== undefined) findings.push(...(await configurationFindings(context)));
  const { state } = daemon.value?.vault ?? {};
  if (state === "open" || state === "closed") {
    const listed = await attempt("the vault", () => ask(context, "list", {}));
    findings.push(listed.finding ?? good(`the vault opens; tokens in it: ${listed.value?.tokens.length ?? 0}`));
    if (listed.value !== undefined) {
      findings.push(...missedTokens(listed.value.tokens).map((token) => doubtful(suspendedText(token), suspendedHints(token).join("; "))));
      findings.push(...(await pathFindings(context, listed.value.tokens)), ...(await mavenFindings(context, listed.value.tokens)));
      findings.push(...(await npmFindings(context, listed.value.tokens)));
    }
  }
  // The parsers of all these files are not for every command to load.
  const { plaintextFindings } = await import("./plaintext-findings.ts");
  return [...findings, ...(await gitFindings(context)), ...(await plaintextFindings(context.environment))];
}

function* daemonFindings(status: Status | undefined): Generator<Finding> {
  if (status === undefined) return;
  yield good(`the daemon answers (pid ${status.pid}, build ${status.build}, Node ${status.node})`);
  if (status.build !== BUILD) yield doubtful(`this program is build ${BUILD}`, "toolkey stop, then try again");
  const [better] = status.passedOver;
  if (better !== undefined) {
    yield doubtful(`the daemon's socket is not in ${better.directory}, but at ${status.socket}: ${better.reason}`, "tools are answered all the same, git a little later");
  }
  if (status.logFailure !== undefined) yield doubtful(`there is no log: ${status.logFailure}`, "toolkey stop, once that is mended");
  for (const line of sessionLines(status.session)) yield good(`of this session it uses ${line.replace(/ {2,}/, ": ")}`);
  const { state, path, keySource, keyWhere } = status.vault;
  if (state === "absent") yield bad(`there is no vault at ${path}`, "toolkey init");
  if (state === "locked") yield doubtful("the vault is locked", "toolkey unlock");
  if (keySource !== undefined) yield good(`the vault's key is kept in ${keyWhere ?? "?"} (${keySource})`);
}

async function configurationFindings(context: Context): Promise<Finding[]> {
  const { value, finding } = await attempt("the configuration", () => ask({ ...context, heard: undefined }, "config", {}));
  if (value === undefined) return finding === undefined ? [] : [finding];
  const { file, fault, waits } = value;
  if (fault !== undefined) return [doubtful(fault, "what it said before stays in force until that is mended")];
  if (waits) return [doubtful(`a change of ${file} is not in force yet: it waits to be accepted`, "toolkey config accept, which shows it first")];
  return [good(`the configuration in ${file} is in force`)];
}

async function gitFindings(context: Context): Promise<Finding[]> {
  const { environment } = context;
  const version = await runProgram("git", ["--version"], environment);
  if (version === undefined) return [doubtful("git is not on PATH", "install git, if it is to use toolkey")];
  const findings = [good(version.stdout.trim())];
  const settings = await gitSettings("^credential\\.(.*\\.)?helper$", environment);
  const forAll = settings.filter(({ key }) => key === "credential.helper").map(({ value }) => value);
  const effective = effectiveHelpers(forAll);
  const others = effective.filter((value) => !isOurHelper(value));
  const [first, second] = helperValues(await helperPath(environment));
  const isComplete = effective.some((value) => isOurHelper(value) && !value.endsWith(" --first"));
  if (!isComplete) findings.push(bad("git does not ask toolkey", "toolkey setup git"));
  else if (others.length > 0) {
    findings.push(doubtful(`git also hands its credentials to: ${others.join(", ")}`, "toolkey setup git, which makes it the only one"));
  } else findings.push(good("git asks toolkey, and no other helper"));
  if (isComplete && !(effective.includes(first) && effective.includes(second))) {
    findings.push(doubtful("git asks toolkey by a setting that takes longer than that of 'toolkey setup git'", "toolkey setup git"));
  }
  for (const { key, value, file } of settings) {
    const counts = key !== "credential.helper" || effective.includes(value);
    if (counts && isPlaintextHelper(value)) {
      findings.push(bad(`git writes secrets to a plain text file: ${key} = ${value} in ${file}`, "remove that setting"));
    }
  }
  return findings;
}

/** What clients get that leave the path out, where they aren't told to name it. */
async function pathFindings(context: Context, tokens: Parameters<typeof withoutPaths>[0]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { host, text, getsNothing } of withoutPaths(tokens)) {
    const asked = await runProgram("git", ["config", "--get-urlmatch", "credential.useHttpPath", `${host}/`], context.environment);
    if (asked?.stdout.trim() === "true") continue;
    findings.push(getsNothing ? doubtful(text, `git config --global credential.${host}.useHttpPath true`) : good(text));
  }
  return findings;
}

async function attempt<T>(what: string, action: () => Promise<T>): Promise<{ value?: T; finding?: Finding }> {
  try {
    return { value: await action() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { finding: bad(`${what}: ${error.message}`, error.hints.join("; ")) };
  }
}
