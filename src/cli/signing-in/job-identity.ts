/** Logging in with the identity of the CI job that this runs in. */
import type { Operations } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import type { ServiceView } from "../../core/views/service.ts";
import { ask, type Context } from "../context.ts";
import { readSecret } from "../terminal/secret-input.ts";
import { reportAssessment } from "../text/assessment-text.ts";
import { madeText, tokenName } from "../text/token-text.ts";
import { sayOfTool } from "./said-of-tool.ts";

export interface IdentityOptions {
  /** What the service calls whoever vouches for the job. */
  readonly provider: string;
  readonly audience: string | undefined;
  /** Without it, toolkey logs in for itself. */
  readonly tool: string | undefined;
}

/** @throws Failure with which the daemon answers, `usage` without an id token */
export async function logInAsJob(context: Context, service: ServiceView, options: IdentityOptions): Promise<void> {
  const { provider, audience, tool } = options;
  const { output } = context;
  const identity = await identityOf(context, audience);
  const { token, others, assessment, notes } = await ask(context, "exchangeIdentity", { service: service.name, tool, provider, identity });
  output.json({ token, others, assessment, notes });
  if (tool === undefined) output.print(`logged in at ${service.title}: ${madeText(token)}`);
  else output.print(madeText(token));
  reportAssessment(assessment, output);
  for (const note of notes) output.note(note);
  for (const other of others) output.note(`${tokenName(other)}, which was there before, is suspended until it is dropped`);
  if (tool !== undefined) await sayOfTool(context, token);
}

/** The id token that is given, or with what the runner is asked for one: it tells each job that may have one by these variables. */
async function identityOf(context: Context, audience: string | undefined): Promise<Operations["exchangeIdentity"]["request"]["identity"]> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer = "" } = context.environment;
  const isAsked = context.given === undefined && url !== "" && bearer !== "";
  if (isAsked) return { url, bearer, audience };
  const permission = "a runner that makes id tokens says so by ACTIONS_ID_TOKEN_REQUEST_URL; the job needs the permission id-token: write";
  if (audience !== undefined) {
    throw new Failure("usage", "--audience is for an id token that the runner makes, and it makes none here", { hint: permission });
  }
  try {
    return { token: (await readSecret(context, "id token: ")).reveal() };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "usage") throw error;
    throw new Failure("usage", `there is no id token: ${error.message}`, {
      hint: ["nothing was changed", "it comes from --secret-file FILE, --secret-fd N or standard input", permission],
      cause: error,
    });
  }
}
