/**
 * What `bin/toolkey-authorization` starts when the fast lane has no answer. The tool and the URL are in argv:
 * neither is secret.
 */
import { homedir } from "node:os";
import { exitCode } from "../core/failure.ts";
import { paths as findPaths } from "../platform/paths.ts";
import { complain, endWith, report } from "./behind-lane.ts";
import { requestUnlocked } from "./unlock.ts";

async function main(tool: string, url: string): Promise<number> {
  const place = { paths: findPaths(process.env), environment: process.env };
  const headers = { directory: process.cwd(), home: process.env["HOME"] ?? homedir() };
  const answer = await requestUnlocked(place, { tool, operation: "authorization", headers, payload: url });
  if (answer.status === "error") {
    complain(answer.failure);
    return exitCode(answer.failure.code);
  }
  report(answer.notes, answer.hints);
  if (answer.status === "ok") process.stdout.write(answer.payload);
  return 0;
}

const [tool = "", url = ""] = process.argv.slice(2);
endWith(main(tool, url));
