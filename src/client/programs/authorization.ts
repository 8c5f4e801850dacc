/**
 * What `bin/toolkey-authorization` starts when the fast lane has no answer. The tool and the URL are in argv:
 * neither is secret.
 */
import { homeOf, paths as findPaths } from "../../platform/paths.ts";
import { SILENCE } from "../../protocols/credential-protocol.ts";
import { endWith, show } from "./behind-lane.ts";
import { requestUnlocked } from "../daemon/unlock.ts";

async function main(tool: string, url: string): Promise<number> {
  const place = { paths: findPaths(process.env), environment: process.env };
  const headers = { directory: process.cwd(), home: homeOf(process.env) };
  return show(await requestUnlocked(place, { tool, operation: "authorization", headers, payload: url }), SILENCE);
}

const [tool = "", url = ""] = process.argv.slice(2);
endWith(main(tool, url));
