/**
 * The tool `http`: whatever only knows an environment variable, as scripts with curl do. The weakest way,
 * since a variable can be read by every process that the command starts.
 */
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { formatTarget, sameTarget, type Target } from "../../core/target.ts";
import type { Grant, RunRequest, Survey } from "../tool-protocol.ts";

export async function http(request: RunRequest): Promise<Survey> {
  const { variables } = request;
  if (Object.keys(variables).length === 0) {
    throw new Failure("usage", "the tool http gets its tokens in variables, and none was named", {
      hint: "toolkey run --tool http --env NAME=SERVICE -- COMMAND",
    });
  }
  const needs = Object.values(variables)
    .filter((target, index, all) => all.findIndex((other) => sameTarget(other, target)) === index)
    .map((target) => ({ target }));
  return { needs, plan: (grants) => planHttp(variables, grants) };
}

/**
 * Each variable holds the secret alone, without `Bearer`.
 *
 * @throws Failure `not-found` if there is no token for one of them: the command would run without it
 */
function planHttp(variables: Readonly<Record<string, Target>>, grants: readonly Grant[]): Plan {
  const entries = Object.entries(variables).map(([name, target]) => {
    const grant = grants.find(({ need }) => sameTarget(need.target, target));
    if (grant === undefined) {
      throw new Failure("not-found", `there is no token of the tool http for ${formatTarget(target)}, which ${name} is to hold`, {
        hint: `the command was not started; toolkey add ${formatTarget(target)} --tool http`,
      });
    }
    return { name, grant, place: formatTarget(target) };
  });
  return {
    ...EMPTY_PLAN,
    environment: Object.fromEntries(entries.map(({ name, grant }) => [name, grant.token.secret])),
    given: entries.map(({ grant, place }) => ({ token: grant.token.id, place })),
    notes: [`every process of the command can read ${entries.map(({ name }) => name).join(", ")}: the weakest way to hand over a token`],
  };
}
