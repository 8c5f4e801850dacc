/**
 * The plan of a tool that starts inside of a session. It is made here, by what this process sees of the project, with what the gateway says
 * of tokens: their ids.
 */
import { basename } from "node:path";
import type { InnerPermit } from "../../core/gateway/inner.ts";
import { pastProxies } from "../../core/gateway/past-proxies.ts";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import type { SessionFacts } from "../../core/wire/session-file.ts";
import { formatTarget, origin, parseTarget, sameTarget } from "../../core/target.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import { homeOf, type Environment } from "../../platform/paths.ts";
import { toolOfCommand } from "../../protocols/command.ts";
import { standInGrant } from "../../protocols/stand-in-grant.ts";
import type { Grant, PlanThrough, Survey } from "../../protocols/tool-protocol.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { TOOLS, type ToolName } from "../../protocols/tools.ts";
import { toolVariables } from "../plan.ts";
import { askGateway } from "./ask-gateway.ts";

interface InnerCommand {
  readonly tool: ToolName;
  /** What follows the program, as `toolOfCommand` has it. */
  readonly words: readonly string[];
  /** The program's name, for people. */
  readonly purpose: string;
}

export interface Situation {
  readonly environment: Environment;
  /** Where it starts, absolute. */
  readonly directory: string;
  /** By which all is read. */
  readonly files: ProjectFiles;
  /** The tool, if it is not to be known by the program. */
  readonly named?: string | undefined;
}

/** What is started in a session: the program's name or path, and its arguments. It runs, whatever becomes of its tokens. */
export async function planOfCommand(
  session: SessionFacts,
  [program = "", ...given]: readonly string[],
  situation: Situation,
): Promise<Plan> {
  const { named } = situation;
  const known = toolOfCommand([program, ...given]);
  const tool = named === undefined ? known?.tool : knownTool(named);
  if (tool === undefined) return EMPTY_PLAN;
  const purpose = basename(program);
  try {
    return await planInside(session, { tool, words: known?.words ?? given, purpose }, situation);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...EMPTY_PLAN, notes: [error.message, `${purpose} runs without a token`], hints: error.hints };
  }
}

/** Empty for a tool that asks for nothing. @throws Failure as `askGateway`, and what the tool's protocol throws */
async function planInside(session: SessionFacts, command: InnerCommand, situation: Situation): Promise<Plan> {
  const { tool } = command;
  const { environment } = situation;
  const survey = await surveyOf(session, command, situation);
  if (survey.planThrough === undefined) return survey.needs.length === 0 ? survey.plan([]) : EMPTY_PLAN;
  const asked = survey.needs.map(({ target, username, aim }) => ({ target: formatTarget(target), username, aim }));
  const { phantom: text, grants: found, notes, hints } = await askGateway(session, "grants", { tool, needs: asked });
  const phantom = new Secret(text);
  const grants = found.map(({ need, ...grant }) =>
    standInGrant(survey.needs[need] ?? { target: parseTarget(grant.token.target) }, grant, phantom),
  );
  const said = { notes: [...notes, ...missingOf(session, command, survey, grants)], hints };
  if (grants.length === 0 && survey.needs.length > 0) return { ...EMPTY_PLAN, ...said };
  const through = survey.planThrough(grants, { gateway: session.gateway, phantom });
  if (!("plan" in through)) return { ...EMPTY_PLAN, ...withheldText(command, through, session), ...(grants.length === 0 ? said : {}) };
  const { plan } = through;
  // Which tokens scripts will ask for by a service's name is not known.
  const isGiven = plan.given.length > 0 || through.permit.addressing === "service";
  if (!isGiven) return { ...EMPTY_PLAN, notes: [...said.notes, ...plan.notes], hints: [...said.hints, ...plan.hints] };
  const { id } = await askGateway(session, "issue", { phantom: text, tool, purpose: command.purpose, permit: permitOf(through.permit) });
  return {
    ...plan,
    environment: { ...plan.environment, ...pastProxies(toolVariables(environment)) },
    phantoms: [id],
    notes: [...said.notes, ...plan.notes],
    hints: [...said.hints, ...plan.hints],
  };
}

async function surveyOf(
  session: SessionFacts,
  { tool, words, purpose }: InnerCommand,
  { environment, directory, files }: Situation,
): Promise<Survey> {
  const protocol = await TOOLS[tool].protocol();
  return protocol(
    {
      program: purpose,
      arguments: words,
      directory,
      home: homeOf(environment),
      accountHome: session.accountHome,
      uid: process.getuid?.(),
      environment: toolVariables(environment),
      variableNames: Object.keys(environment).filter((name) => environment[name] !== undefined),
      declared: (session.declared[tool] ?? []).map(({ target, ...place }) => ({
        server: undefined,
        npmScope: undefined,
        ...place,
        target: parseTarget(target),
      })),
      variables: {},
      mark: session.mark,
      isInSession: true,
      publish: session.publishes,
      installation: session.installation,
    },
    (path) => files.read(path),
    async () => {
      const { held } = await askGateway(session, "held", { tool });
      return held.map(({ target, ...token }) => ({ ...token, target: parseTarget(target) }));
    },
    (path) => files.directories(path),
  );
}

/** What only the daemon says is left out: who holds it, and the way to the hosts. */
function permitOf({ addressing, publishes, routes }: PlanThrough["permit"]): InnerPermit {
  return { addressing, publishes, routes: routes.map(({ upstream: _way, ...route }) => route) };
}

/** What is within a tool that is led is told the gateway by that one, and has its phantom. */
function missingOf({ gateway }: SessionFacts, { tool }: InnerCommand, { asks = [] }: Survey, grants: readonly Grant[]): string[] {
  return asks
    .filter(({ target, isPublic }) => isPublic !== true && origin(target) !== gateway)
    .filter(({ target }) => !grants.some(({ need }) => sameTarget(need.target, target)))
    .map(({ target }) => `this session has no ${tool} token for ${formatTarget(target)}`);
}

function withheldText(
  { purpose }: InnerCommand,
  why: { readonly direct: string } | { readonly withheld: string; readonly hint?: string },
  { purpose: session }: SessionFacts,
): Pick<Plan, "notes" | "hints"> {
  const [text, hint] = "direct" in why ? [why.direct, undefined] : [why.withheld, why.hint];
  return { notes: [`${text}, so ${purpose} gets no token inside of ${session}`], hints: hint === undefined ? [] : [hint] };
}
