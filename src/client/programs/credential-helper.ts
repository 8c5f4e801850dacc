/**
 * What the scripts start that are made of `lanes/credential-helper`, when the fast lane has no answer: no daemon runs yet, the vault waits
 * for its passphrase, or the person is to be asked for a secret. The tool and the operation are in argv, what the tool asks is on stdin.
 */
import { text } from "node:stream/consumers";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import type { Answer } from "../../core/wire/wire.ts";
import { paths as findPaths } from "../../platform/paths.ts";
import { SILENCE, type CredentialRequest } from "../../protocols/credential-protocol.ts";
import { toolNamed } from "../../protocols/tools.ts";
import { requestUnlocked } from "../daemon/unlock.ts";
import { Terminal } from "../terminal/terminal.ts";
import { endWith, show } from "./behind-lane.ts";

async function main(tool: string, operation: string): Promise<number> {
  const place = { paths: findPaths(process.env), environment: process.env };
  const protocol = await toolNamed(tool)?.credentials?.();
  const given = await text(process.stdin);
  const ask = async (): Promise<Answer> => {
    const asked = protocol?.read(operation, given);
    const payload = await completed(asked, given);
    return requestUnlocked(place, { tool, operation, payload, headers: here(), keeps: asked?.operation === "store" });
  };
  return show(await ask().catch(asAnswer), protocol?.replies(operation, given) ?? SILENCE);
}

/** As the script says it. */
function here(): Record<string, string> {
  const home = process.env["HOME"];
  try {
    return { directory: process.cwd(), ...(home === undefined ? {} : { home }) };
  } catch (error) {
    // It was removed: nothing can be read there.
    if (systemErrorCode(error) === undefined) throw error;
    return {};
  }
}

/**
 * With the secret that the tool leaves to us to ask for.
 *
 * @throws Failure `usage` where there is no terminal, `denied` if nothing is typed
 */
async function completed(asked: CredentialRequest | undefined, payload: string): Promise<string> {
  if (asked?.operation !== "store" || asked.kept !== undefined || asked.question === undefined) return payload;
  const { page, prompt, answered } = asked.question;
  const terminal = Terminal.open();
  if (terminal === undefined)
    throw new Failure("usage", "there is no terminal to ask for the token on", { hint: "give it on standard input" });
  try {
    if (page !== undefined) terminal.write(`a token is to be had at ${page}`);
    const secret = await terminal.hidden(prompt);
    if (secret.reveal().trim() === "") throw new Failure("denied", "no token was typed; nothing was kept");
    return answered(new Secret(secret.reveal().trim()));
  } finally {
    terminal.close();
  }
}

/** Whatever it is that went wrong, the tool is to be told in its own way. */
function asAnswer(error: unknown): Answer {
  if (error instanceof Failure) return { status: "error", failure: error };
  throw error;
}

const [tool = "", operation = ""] = process.argv.slice(2);
endWith(main(tool, operation));
