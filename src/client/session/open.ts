/** Opens a session for a command: asks the daemon what it may, and makes its directory. */
import { dirname, join } from "node:path";
import { ADMINISTRATION, type Operations } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { parsePlan, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { pastProxies } from "../../core/gateway/past-proxies.ts";
import type { SandboxSettings } from "../../core/sandbox.ts";
import { parseSessionFacts, SESSION_DESCRIPTOR } from "../../core/wire/session-file.ts";
import { homeOf, type Environment } from "../../platform/paths.ts";
import { findProgram, programsPresent } from "../../platform/processes/programs.ts";
import { PROGRAMS } from "../../protocols/tool-facts.ts";
import { gitSettings } from "../git-settings.ts";
import { toolVariables } from "../plan.ts";
import type { DaemonPlace } from "../daemon/request.ts";
import { requestUnlocked } from "../daemon/unlock.ts";
import { gitPrograms } from "./git-programs.ts";
import { answerShims } from "./shim-answers.ts";
import { makeSessionDirectory, programsOf, removeSessionDirectory, SESSION_VARIABLE, writeVariables } from "./directory.ts";

/** What a session is opened for. */
export type SessionAsked = Pick<Operations["session"]["request"], "purpose" | "publish" | "only">;

export interface OpenSession {
  /** Without descriptors: they are in the directory. */
  readonly plan: Plan;
  readonly directory: string;
  /** What is in force of the configuration. */
  readonly sandbox: SandboxSettings;
  /** Answers the shims from here, as long as it is open. For a command that no sandbox is around. */
  answerShims(): void;
  /** Removes the directory. */
  close(): void;
}

/** How long the daemon may take, in milliseconds. */
const PATIENCE_MS = 40_000;

/**
 * @param meanwhile as `Limits.meanwhile`, of each request
 * @throws Failure with which the daemon answered, or if none can be had, or its directory can't be made
 */
export async function openSession(place: DaemonPlace, asked: SessionAsked, meanwhile: () => void): Promise<OpenSession> {
  const { environment } = place;
  // What the client needs for its request is read while git is asked.
  const [settings] = await Promise.all([gitSettings(environment), import("../../platform/libc.ts")]);
  const request: Operations["session"]["request"] = {
    ...asked,
    environment: toolVariables(environment),
    gitSettings: settings,
    directory: process.cwd(),
    home: homeOf(environment),
  };
  const what = { tool: ADMINISTRATION, operation: "session", payload: JSON.stringify(request) };
  let programs: readonly string[] | undefined;
  const whileItWorks = (): void => {
    programs ??= presentPrograms(environment);
    meanwhile();
  };
  const answer = await requestUnlocked({ ...place, patienceMs: PATIENCE_MS, meanwhile: whileItWorks }, what);
  if (answer.status === "error") throw answer.failure;
  if (answer.status === "miss") throw new Failure("unavailable", "the daemon has no answer");
  const { plan: text, sandbox } = JSON.parse(answer.payload) as Operations["session"]["answer"];
  const { descriptors, ...plan } = parsePlan(text);
  const facts = parseSessionFacts(descriptors[SESSION_DESCRIPTOR]?.reveal() ?? "");
  const { installation } = facts;
  const sealed = (name: string): string => join(installation.sealedPrograms, name);
  const git = findProgram("git", environment);
  const gitPath = plan.environment["TOOLKEY_GIT_GATEWAY"] === undefined ? undefined : await gitPrograms(installation, environment);
  const directory = makeSessionDirectory(join(dirname(installation.gitPrograms), "sessions"), {
    files: Object.fromEntries(Object.entries(descriptors).map(([name, content]) => [name, content.reveal()])),
    shims: Object.fromEntries(
      (programs ?? presentPrograms(environment)).map((name) => [name, sealed(name === "git" ? "session-git" : "session-shim")]),
    ),
    programs: { node: process.execPath, lead: join(installation.built, "lead.cjs"), ...(git === undefined ? {} : { git }) },
  });
  const variables = {
    [SESSION_VARIABLE]: directory,
    ...textsIn(plan.environment, directory),
    ...(gitPath === undefined ? {} : { GIT_EXEC_PATH: gitPath }),
    ...pastProxies(toolVariables(environment)),
  };
  const appended = { NODE_OPTIONS: `--require="${join(installation.built, "preload.cjs").replaceAll(/["\\]/g, String.raw`\$&`)}"` };
  writeVariables(directory, variables, appended);
  let stopAnswering: (() => void) | undefined;
  let isOver = false;
  return {
    plan: {
      ...plan,
      notes: [...plan.notes, ...answer.notes],
      hints: [...plan.hints, ...answer.hints],
      descriptors: {},
      environment: { ...variables, NODE_OPTIONS: [environment["NODE_OPTIONS"], appended.NODE_OPTIONS].filter(Boolean).join(" ") },
      programs: programsOf(directory),
    },
    directory, sandbox,
    answerShims: () => (stopAnswering = answerShims({ directory, facts, variables })),
    close() {
      if (isOver) return;
      isOver = true;
      stopAnswering?.();
      removeSessionDirectory(directory);
    },
  };
}

/** Variables with the paths of files in the directory. One of several words is left out where the path would be two. */
function textsIn(variables: Plan["environment"], directory: string): Record<string, string> {
  const texts = Object.entries(variables).map(([name, value]): [string, string | undefined] => {
    if (typeof value === "string") return [name, value];
    if (value instanceof Secret) return [name, undefined];
    const path = join(directory, value.descriptor);
    return [name, value.before === undefined ? path : /\s/.test(path) ? undefined : `${value.before}${path}`];
  });
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Those of tools that are on PATH: a shim for what isn't there would look as if it was. */
function presentPrograms(environment: Environment): string[] {
  return programsPresent(
    PROGRAMS.map(([name]) => name),
    environment,
  );
}
