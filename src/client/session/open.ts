/** Opens a session for a command: asks the daemon what it may, and makes its files. */
import { dirname, join } from "node:path";
import { ADMINISTRATION, type Operations } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { parsePlan, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { pastProxies } from "../../core/gateway/past-proxies.ts";
import type { SandboxSettings } from "../../core/sandbox.ts";
import { parseSessionFacts, SESSION_DESCRIPTOR, VARIABLES_FILE, type SessionFacts } from "../../core/wire/session-file.ts";
import { OWN_PROGRAMS } from "../../platform/installation/tree.ts";
import { homeOf, type Environment } from "../../platform/paths.ts";
import { gitSettings } from "../git-settings.ts";
import { toolVariables } from "../plan.ts";
import type { DaemonPlace } from "../daemon/request.ts";
import { requestUnlocked } from "../daemon/unlock.ts";
import { gitPrograms } from "./git-programs.ts";
import { programsOf, putFiles, SESSION_VARIABLE, variablesScript } from "./directory.ts";
import { makeSessionFiles, sessionFilesOn, type SessionFiles } from "./session-files.ts";

/** What a session is opened for. */
export type SessionAsked = Pick<Operations["session"]["request"], "purpose" | "publish" | "only">;

export interface OpenSession {
  /** Without descriptors: they are in the directory. */
  readonly plan: Plan;
  readonly directory: string;
  /** What is in force of the configuration. */
  readonly sandbox: SandboxSettings;
  /** Answers the shims from here, as long as it is open. */
  answerShims(): void;
  /** Answers none: a sandbox is around the command. */
  leaveShims(): void;
  /** The command is over: the directory is not there any more by its name. */
  leave(): void;
  /** Removes the directory, if the command was never started. */
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
  const settings = await gitSettings(environment);
  const request: Operations["session"]["request"] = {
    ...asked,
    environment: toolVariables(environment),
    gitSettings: settings,
    directory: process.cwd(),
    home: homeOf(environment),
  };
  let made: SessionFiles | undefined;
  const whileItWorks = (socket: string): void => {
    meanwhile();
    try {
      made ??= makeSessionFiles({ ...OWN_PROGRAMS, runtime: dirname(socket) }, environment);
    } catch (error) {
      // It is tried again when the daemon has answered.
      if (!(error instanceof Failure)) throw error;
    }
  };
  try {
    const answer = await ask({ ...place, patienceMs: PATIENCE_MS, meanwhile: whileItWorks }, request);
    const facts = parseSessionFacts(answer.descriptors[SESSION_DESCRIPTOR]?.reveal() ?? "");
    const { gitPrograms: links, built, sealedPrograms } = facts.installation;
    made = sessionFilesOn({ runtime: dirname(links), built, sealedPrograms }, made, environment);
    return await begin(made, answer, facts, environment);
  } catch (error) {
    made?.remove();
    throw error;
  }
}

/** What the daemon says to a request. @throws Failure with which it answered */
async function ask(place: DaemonPlace, request: Operations["session"]["request"]): Promise<Plan & Pick<OpenSession, "sandbox">> {
  const answer = await requestUnlocked(place, { tool: ADMINISTRATION, operation: "session", payload: JSON.stringify(request) });
  if (answer.status === "error") throw answer.failure;
  if (answer.status === "miss") throw new Failure("unavailable", "the daemon has no answer");
  const { plan: text, sandbox } = JSON.parse(answer.payload) as Operations["session"]["answer"];
  const plan = parsePlan(text);
  return { ...plan, sandbox, notes: [...plan.notes, ...answer.notes], hints: [...plan.hints, ...answer.hints] };
}

async function begin(
  { directory, answers, leave, remove }: SessionFiles,
  { sandbox, descriptors, ...plan }: Plan & Pick<OpenSession, "sandbox">,
  facts: SessionFacts,
  environment: Environment,
): Promise<OpenSession> {
  const { installation } = facts;
  const gitPath = plan.environment["TOOLKEY_GIT_GATEWAY"] === undefined ? undefined : await gitPrograms(installation, environment);
  const variables = {
    [SESSION_VARIABLE]: directory,
    ...textsIn(plan.environment, directory),
    ...(gitPath === undefined ? {} : { GIT_EXEC_PATH: gitPath }),
    ...pastProxies(toolVariables(environment)),
  };
  const appended = { NODE_OPTIONS: `--require="${join(installation.built, "preload.cjs").replaceAll(/["\\]/g, String.raw`\$&`)}"` };
  putFiles(directory, {
    ...Object.fromEntries(Object.entries(descriptors).map(([name, content]) => [name, content.reveal()])),
    [VARIABLES_FILE]: variablesScript(variables, appended),
  });
  let isOver = false;
  const end = (files: () => void): void => {
    if (!isOver) files();
    isOver = true;
  };
  return {
    plan: {
      ...plan,
      descriptors: {},
      environment: { ...variables, NODE_OPTIONS: [environment["NODE_OPTIONS"], appended.NODE_OPTIONS].filter(Boolean).join(" ") },
      programs: programsOf(directory),
    },
    directory, sandbox,
    answerShims: () => answers.begin({ directory, facts, variables }),
    leaveShims: () => answers.end(),
    leave: () => end(leave),
    close: () => end(remove),
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
