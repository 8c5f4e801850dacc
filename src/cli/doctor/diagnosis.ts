/** The checks of `toolkey doctor`. */
import type { ConfigurationView } from "../../core/views/configuration.ts";
import type { Status } from "../../core/views/status.ts";
import { BUILD } from "../../core/build.ts";
import { Failure } from "../../core/failure.ts";
import { missedTokens, suspendedHints, suspendedText } from "../../core/tokens/suspended.ts";
import { isReadableOnTheWay, parseTarget } from "../../core/target.ts";
import type { TokenView } from "../../core/tokens/token.ts";
import { ask, type Context } from "../context.ts";
import { bad, doubtful, good, type Finding } from "./findings.ts";
import { settingsOf } from "../text/configuration-text.ts";
import { sessionLines } from "../text/session-text.ts";
import { CLI_TOOLS } from "../tools/tools.ts";

/** Runs all checks, the daemon's first: most others need it. */
export async function diagnose(context: Context, status: () => Promise<Status>): Promise<Finding[]> {
  const daemon = await attempt(status, (why) => bad("daemon-silent", `the daemon: ${why.message}`, why.hints.join("; ")));
  const findings = daemon.finding === undefined ? [...daemonFindings(daemon.value)] : [daemon.finding];
  if (daemon.value !== undefined) findings.push(...(await configurationFindings(context)));
  const doctors = await Promise.all([...CLI_TOOLS].map(async ([tool, { doctor }]) => [tool, await doctor()] as const));
  const { state } = daemon.value?.vault ?? {};
  let tokens: readonly TokenView[] = [];
  if (state === "open" || state === "closed") {
    const listed = await attempt(
      () => ask(context, "list", {}),
      (why) => bad("vault-fails", `the vault: ${why.message}`, why.hints.join("; ")),
    );
    findings.push(listed.finding ?? good("vault-opens", `the vault opens; tokens in it: ${listed.value?.tokens.length ?? 0}`));
    if (listed.value !== undefined) {
      tokens = listed.value.tokens;
      findings.push(
        ...missedTokens(tokens).map((token) => doubtful("token-suspended", suspendedText(token), suspendedHints(token).join("; "))),
        ...clearFindings(tokens),
      );
      for (const [tool, doctor] of doctors) findings.push(...of(tool, await doctor.ofTokens?.(context, tokens)));
    }
  }
  for (const [tool, doctor] of doctors) findings.push(...of(tool, await doctor.always?.(context, tokens)));
  // The parsers of all these files are not for every command to load.
  const { plaintextFindings } = await import("./plaintext-findings.ts");
  return [...findings, ...(await plaintextFindings(context.environment))];
}

function of(tool: string, findings: readonly Finding[] = []): Finding[] {
  return findings.map(({ code, ...rest }) => ({ code, tool, ...rest }));
}

function* daemonFindings(status: Status | undefined): Generator<Finding> {
  if (status === undefined) return;
  yield good("daemon-answers", `the daemon answers (pid ${status.pid}, build ${status.build}, Node ${status.node})`);
  if (status.build !== BUILD) yield doubtful("other-build", `this program is build ${BUILD}`, "toolkey stop, then try again");
  const [better] = status.passedOver;
  if (better !== undefined) {
    yield doubtful(
      "socket-elsewhere",
      `the daemon's socket is not in ${better.directory}, but at ${status.socket}: ${better.reason}`,
      "tools are answered all the same, git a little later",
    );
  }
  if (status.logFailure !== undefined) yield doubtful(
    "no-log",
    `there is no log: ${status.logFailure}`,
    "toolkey stop, once that is mended",
  );
  for (const line of sessionLines(status.session)) yield good("session-setting", `of this session it uses ${line.replace(/ {2,}/, ": ")}`);
  const { state, path, keySource, keyWhere } = status.vault;
  if (state === "absent") yield bad("no-vault", `there is no vault at ${path}`, "toolkey init");
  if (state === "locked") yield doubtful("vault-locked", "the vault is locked", "toolkey unlock");
  if (keySource !== undefined) yield good("key-source", `the vault's key is kept in ${keyWhere ?? "?"} (${keySource})`);
}

async function configurationFindings(context: Context): Promise<Finding[]> {
  const { value, finding } = await attempt(
    () => ask({ ...context, heard: undefined }, "config", {}),
    (why) => bad("configuration-unknown", `the configuration: ${why.message}`, why.hints.join("; ")),
  );
  if (value === undefined) return finding === undefined ? [] : [finding];
  return [...configurationFaults(value), ...configurationStates(value)];
}

function* configurationFaults({ faults }: ConfigurationView): Generator<Finding> {
  for (const { kind, what, hints } of faults) {
    const hint = hints.join("; ");
    if (kind === "fixed") yield doubtful("configuration-fixed", what, hint);
    else if (kind === "left-out") yield doubtful("system-configuration-left-out", what, hint);
    else yield doubtful("configuration-fault", what, [hint, "till then what held before holds"].filter((part) => part !== "").join("; "));
  }
}

function* configurationStates({ file, systemFile, faults, waits, settings }: ConfigurationView): Generator<Finding> {
  if (waits)
    yield doubtful(
      "configuration-waits",
      `a change of ${file} is not in force yet: it waits to be accepted`,
      "toolkey config accept, which first shows what waits",
    );
  else if (faults.every((fault) => fault.file !== file)) {
    const isSaid = settings.some((each) => each.file === file);
    yield good("configuration-in-force", isSaid ? `the configuration in ${file} is in force` : `nothing is set in ${file}`);
  }
  if (systemFile === undefined || faults.some((fault) => fault.file === systemFile)) return;
  const said = settingsOf(systemFile, settings);
  yield good("system-configuration", `of ${systemFile} is in force: ${said.length === 0 ? "nothing" : said.join(", ")}`);
}

/** Tokens that are sent without encryption. */
function clearFindings(tokens: readonly TokenView[]): Finding[] {
  const clear = tokens.filter(({ state, target }) => state === "active" && isReadableOnTheWay(parseTarget(target)));
  return clear.map(({ id, target }) =>
    doubtful(
      "token-in-clear-text",
      `with http, whoever is on the way to ${target} can read ${id}`,
      "if the host has https, revoke this one and add another for it",
    ),
  );
}

async function attempt<T>(action: () => Promise<T>, failed: (why: Failure) => Finding): Promise<{ value?: T; finding?: Finding }> {
  try {
    return { value: await action() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { finding: failed(error) };
  }
}
