/** Bundler with the tokens themselves in variables (`--direct`), and what of a project keeps them from it. */
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget } from "../../core/target.ts";
import type { Grant } from "../tool-protocol.ts";
import { targetOf, type Project } from "./project.ts";
import { loginName } from "./settings.ts";

/** By whole URLs: of a host alone, Bundler would send them without encryption, too. */
export function planDirect(project: Project, grants: readonly Grant[]): Plan {
  const { distrusted } = project;
  if (grants.length === 0) return EMPTY_PLAN;
  if (distrusted.length > 0) {
    return {
      ...EMPTY_PLAN,
      notes: [`bundler gets no token here, since the project decides whom to trust, or whose settings hold: ${distrusted.join(", ")}`],
      hints: ["without --direct it goes through the gateway, which decides that by itself"],
    };
  }
  const judged = grants.map((grant) => ({ grant, why: whyNot(project, grant) }));
  const given = judged.flatMap(({ grant, why }) => (why === undefined ? [grant] : []));
  const variables = given.map(({ need, token }): [string, Secret] => [
    loginName(formatTarget(need.target)),
    new Secret(`${encodeURIComponent(token.username ?? "")}:${encodeURIComponent(token.secret.reveal())}`),
  ]);
  return {
    ...EMPTY_PLAN,
    environment: Object.fromEntries(variables),
    given: given.map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
    notes: [
      ...judged.flatMap(({ grant, why }) => (why === undefined ? [] : [`${grant.token.id} is left out with --direct: ${why}`])),
      ...(given.length === 0 ? [] : [OPEN]),
    ],
  };
}

function whyNot({ fetched, others }: Project, { need: { target }, token, presents }: Grant): string | undefined {
  if (presents !== "Basic" || token.username === undefined) return "there Bundler logs in by a user name, and it has none";
  const place = formatTarget(target);
  const isElsewhere = (url: string): boolean => {
    const other = targetOf(url);
    return other === undefined || !sameTarget(other, target);
  };
  const alike = fetched.find((url) => loginName(url) === loginName(place) && isElsewhere(url));
  if (alike !== undefined) return `Bundler would send it to ${alike} as well`;
  // git would have it on its command line.
  const named = others.find((url) => {
    const host = targetOf(/^[^/]*\/\/[^/?]*/.exec(url)?.[0] ?? "");
    return host !== undefined && host.host === target.host && host.port === target.port;
  });
  return named === undefined ? undefined : `the project has ${named} for something else than a source`;
}

export const OPEN =
  "the Gemfile, and every gem that is built, can read the token in its variable, and Bundler's own messages may show it: "
  + "the weakest way to hand over a token";
