/** A token for a tool, the shortest way that its service has: made with the login, by signing in at its page, or pasted. */
import { hostname } from "node:os";
import type { Operations } from "../../core/wire/administration.ts";
import type { Instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { NO_SECRET } from "../../core/secret.ts";
import type { Aim } from "../../core/tokens/token.ts";
import type { ServiceView } from "../../core/views/service.ts";
import { isReadableOnTheWay, parseTarget } from "../../core/target.ts";
import { ADMINISTRATION } from "../../core/wire/administration.ts";
import { LOG_IN_BY_NAME } from "../../protocols/tool-facts.ts";
import { ask, isAttended, type Context } from "../context.ts";
import { readLine, readSecret } from "../terminal/secret-input.ts";
import { mintCommand } from "../text/service-text.ts";
import { reportAssessment } from "../text/assessment-text.ts";
import { madeText, tokenName } from "../text/token-text.ts";
import { browserOf, openInBrowser } from "./browser.ts";
import { sayOfTool } from "./said-of-tool.ts";
import { signIn } from "./sign-in.ts";

/** One token for one tool, as a person asks for it. */
export interface WantedToken {
  readonly place: string;
  readonly tool: string;
  readonly service: ServiceView | undefined;
  readonly username: string | undefined;
  /** Once for several tools. */
  readonly askName?: () => Promise<string | undefined>;
  readonly description: string | undefined;
  readonly expiresAt: Instant | undefined;
  readonly onlyFor: Aim | undefined;
  readonly kind: string | undefined;
  /** By which it is fetched, in place of a secret. */
  readonly fetched: Operations["add"]["request"]["command"];
  /** A person has it. */
  readonly paste: boolean;
}

export async function addToolToken(context: Context, wanted: WantedToken): Promise<void> {
  const { service, tool, fetched, username, description, expiresAt, onlyFor } = wanted;
  const isPlain = [fetched, username, description, expiresAt, onlyFor].every((option) => option === undefined) && !wanted.paste;
  if (service !== undefined && isPlain && isAttended(context)) {
    if (service.can.includes("mint") && (await isMade(context, service, tool))) return;
    if (service.tools.find((use) => use.tool === tool)?.signsIn === true) {
      return signIn(context, service, { tool, elsewhere: false });
    }
  }
  return paste(context, wanted);
}

/** Makes it with the login, if there is one. False where the service makes none just like that. */
async function isMade(context: Context, service: ServiceView, tool: string): Promise<boolean> {
  const { name, title } = service;
  const { tokens } = await ask(context, "list", { tool: ADMINISTRATION, service: name });
  if (!tokens.some(({ state }) => state === "active")) return false;
  if (service.forRepositories) {
    context.output.hint(`made with the login at ${title}, for one repository: ${mintCommand(service, tool)}`);
    return false;
  }
  try {
    const { token } = await ask(context, "mint", { service: name, tool });
    context.output.print(madeText(token));
    context.output.note(`made with the login at ${title}; one that you have: --paste`);
    await sayOfTool(context, token);
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "denied") throw error;
    context.output.note(error.message);
    return false;
  }
}

/** @throws Failure `usage` where there is none to be read */
async function paste(context: Context, wanted: WantedToken): Promise<void> {
  const { place, tool, service, username, description, expiresAt, onlyFor, kind, fetched } = wanted;
  const proposed = `${tool} on ${hostname()}`;
  // A command may print one.
  const named = fetched === undefined && (service === undefined ? LOG_IN_BY_NAME.includes(tool) : needsUsername(service, tool));
  const { askName = () => readLine(context, "user name: ") } = wanted;
  const name = username ?? (named ? await askName() : undefined);
  if (named && (name === undefined || name === "")) {
    throw new Failure("usage", `${tool} needs a user name with a token`, { hint: "add --username NAME" });
  }
  const isToBeMade = fetched === undefined && context.given === undefined && isAttended(context);
  if (isToBeMade && service !== undefined) await sayWhere(context, service, tool, proposed);
  const secret = fetched === undefined ? await readSecret(context, `token for ${tool}: `) : NO_SECRET;
  const { token, others, assessment, said } = await ask(context, "add", {
    place,
    tool,
    username: name,
    secret: secret.reveal(),
    command: fetched,
    description: description ?? (service === undefined ? undefined : proposed),
    expiresAt,
    onlyFor,
    kind,
  });
  for (const line of said) context.output.note(line);
  context.output.json({ token, others, assessment });
  context.output.print(`added ${tokenName(token)}`);
  reportAssessment(assessment, context.output);
  if (isReadableOnTheWay(parseTarget(token.target))) {
    context.output.note(`with http, whoever is on the way to ${token.target} can read this token`);
    context.output.hint("if the host has https, revoke this one and add another for it");
  }
  for (const other of others) context.output.note(`${other.id}, which was there before, is suspended until it is dropped`);
  await sayOfTool(context, token);
}

/** Where a person makes the token that is asked for: opened where it can be filled in. */
async function sayWhere({ output, environment }: Context, { page, tools }: ServiceView, tool: string, proposed: string): Promise<void> {
  const filled = tools.find((use) => use.tool === tool)?.newTokenPage;
  if (filled !== undefined) {
    const browser = browserOf(environment);
    const isOpened = browser !== undefined && (await openInBrowser(browser, filled, environment));
    return output.note(isOpened ? `make one in the browser that opens; if none does: ${filled}` : `make one at ${filled}`);
  }
  if (page === undefined) return;
  output.note(`make a token for ${tool} at ${page}`);
  output.note(`a good name for it there: ${proposed}`);
}

/** Whether a person has to say the user name that goes with it. */
function needsUsername(service: ServiceView, tool: string): boolean {
  const use = service.tools.find((each) => each.tool === tool);
  return use?.presents === "Basic" && use.username === undefined;
}
