/**
 * nuxeoctl: `nuxeoctl register USERNAME PROJECT [TYPE DESCRIPTION]` asks for the token. Without a console
 * it reads all of standard input for it, so that the token need not be the last argument, which every
 * process of the machine can read. Source: `docs/services/nuxeo.md`.
 */
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, parseTarget, type Target } from "../../core/target.ts";
import { noNeeds, type Grant, type RunRequest, type Survey } from "../tool-protocol.ts";

const CONNECT = parseTarget("https://connect.nuxeo.com");

export async function nuxeoctl({ arguments: given, declared }: RunRequest): Promise<Survey> {
  const words = given.filter((argument) => !argument.startsWith("-"));
  const [command, ...parameters] = words;
  const [username] = parameters;
  if (command !== "register") return noNeeds(EMPTY_PLAN);
  // With 3 or 5 parameters the last one is the token; with fewer than 2 it asks for other things first.
  if (username === undefined || (parameters.length !== 2 && parameters.length !== 4)) {
    return noNeeds({
      ...EMPTY_PLAN,
      notes: ["nuxeoctl gets a token only where that is all it asks for"],
      hints: ["nuxeoctl register USERNAME PROJECT"],
    });
  }
  const target = declared[0]?.target ?? CONNECT;
  return { needs: [{ target, username }], plan: (grants) => planNuxeoctl(target, grants) };
}

function planNuxeoctl(target: Target, grants: readonly Grant[]): Plan {
  const [grant] = grants;
  if (grant === undefined) return EMPTY_PLAN;
  return {
    ...EMPTY_PLAN,
    stdin: new Secret(`${grant.token.secret.reveal()}\n`),
    given: [{ token: grant.token.id, place: formatTarget(target) }],
  };
}
