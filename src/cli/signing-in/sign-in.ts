/** Signing in at a page of a service: shows it, waits for the person, and says what came of it. */
import { administerIfRunning } from "../../client/daemon/request.ts";
import { Interrupted } from "../../client/terminal/interrupted.ts";
import { ADMINISTRATION, type Operations } from "../../core/wire/administration.ts";
import { durationText } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import type { ServiceView } from "../../core/views/service.ts";
import { ask, type Context } from "../context.ts";
import { mintCommand } from "../text/service-text.ts";
import { reportAssessment } from "../text/assessment-text.ts";
import { tokenName } from "../text/token-text.ts";
import { browserOf, openInBrowser } from "./browser.ts";
import { sayOfTool } from "./said-of-tool.ts";

export interface SignInOptions {
  /** Without it, toolkey signs in for itself where it makes tokens with that. */
  readonly tool: string | undefined;
  /** Not in a browser of this machine: the page is shown, with its code. */
  readonly elsewhere: boolean;
}

type SignedIn = NonNullable<Operations["signInNews"]["answer"]["done"]>;

/** The signals by which a person, or who started us, ends the wait. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Signs in, and says what came of it. @throws as `signInAtPage` */
export async function signIn(context: Context, service: ServiceView, options: SignInOptions): Promise<void> {
  const { output } = context;
  const { token, others, assessment, notes } = await signInAtPage(context, service, options);
  output.json({ token, others, assessment, notes });
  output.print(token.tool === ADMINISTRATION ? `logged in at ${service.title}` : `added ${tokenName(token)}`);
  reportAssessment(assessment, output);
  for (const note of notes) output.note(note);
  for (const other of others) output.note(`${other.id}, which was there before, is suspended until it is dropped`);
  if (token.tool !== ADMINISTRATION) return sayOfTool(context, token);
  output.hint(`a token for each tool: ${mintCommand(service, service.tools.map((use) => use.tool).join("|"))}`);
}

/**
 * Waits until the person has signed in.
 *
 * @throws Failure with which it failed; Interrupted if the person ended it: nothing is left of it then
 */
async function signInAtPage(context: Context, { name, title }: ServiceView, options: SignInOptions): Promise<SignedIn> {
  const { tool, elsewhere } = options;
  const { output, environment } = context;
  const browser = elsewhere ? undefined : browserOf(environment);
  const begun = await ask(context, "signIn", { service: name, tool, browser: browser !== undefined });
  const interrupted = new AbortController();
  const end = (signal: NodeJS.Signals): void => interrupted.abort(new Interrupted(signal));
  for (const signal of ENDING) process.once(signal, end);
  try {
    output.jsonLine({ page: begun.page, code: begun.code, seconds: begun.seconds });
    const isOpened = browser !== undefined && (await openInBrowser(browser, begun.opens, environment));
    output.note(`sign in at ${title}${isOpened ? " in the browser that opens; if none does" : ""}: ${begun.page}`);
    if (begun.code !== undefined) output.note(`the page shows this code, or asks for it: ${begun.code}`);
    if (begun.comesBack && !isOpened) {
      output.hint("in a browser of this machine: the page sends it back to 127.0.0.1");
    }
    output.note(`waiting for it, for ${durationText(begun.seconds * 1000)} at most; Ctrl-C ends it, and nothing is kept`);
    return await news(context, begun.signIn, interrupted.signal);
  } catch (error) {
    // A daemon that is gone has ended it as well.
    await administerIfRunning(context, "endSignIn", { signIn: begun.signIn }).catch((failure: unknown) => {
      if (!(failure instanceof Failure)) throw failure;
    });
    throw error;
  } finally {
    for (const signal of ENDING) process.off(signal, end);
  }
}

async function news(context: Context, signIn: string, signal: AbortSignal): Promise<SignedIn> {
  // The daemon answers when there is news, and after a few seconds without.
  for (;;) {
    const answer = await administerIfRunning({ ...context, signal, patienceMs: 0 }, "signInNews", { signIn });
    if (answer?.done !== undefined) return answer.done;
    if (signal.aborted) throw signal.reason;
    if (answer === undefined) {
      throw new Failure("unavailable", "the daemon has ended, and the sign-in with it", { hint: "nothing was stored; begin again" });
    }
  }
}
