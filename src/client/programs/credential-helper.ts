/**
 * What the scripts start that are made of `lanes/credential-helper`, when the fast lane has no answer: no daemon runs yet, or the vault waits for its
 * passphrase. The tool and the operation are in argv, what the tool asks is on stdin.
 */
import { text } from "node:stream/consumers";
import { Failure } from "../../core/failure.ts";
import type { Answer } from "../../core/wire.ts";
import { paths as findPaths } from "../../platform/paths.ts";
import { SILENCE } from "../../protocols/credential-protocol.ts";
import { toolNamed } from "../../protocols/tools.ts";
import { requestUnlocked } from "../daemon/unlock.ts";
import { endWith, show } from "./behind-lane.ts";

async function main(tool: string, operation: string): Promise<number> {
  const place = { paths: findPaths(process.env), environment: process.env };
  const replies = (await toolNamed(tool)?.credentials?.())?.replies(operation) ?? SILENCE;
  const answer = requestUnlocked(place, { tool, operation, payload: await text(process.stdin) });
  return show(await answer.catch(asAnswer), replies);
}

/** Whatever it is that went wrong, the tool is to be told in its own way. */
function asAnswer(error: unknown): Answer {
  if (error instanceof Failure) return { status: "error", failure: error };
  throw error;
}

const [tool = "", operation = ""] = process.argv.slice(2);
endWith(main(tool, operation));
