/**
 * The tool `netrc`, for programs that log in by the hosts of a netrc: curl, wget, aria2, Go, Python's requests and what is made of it. One
 * that names the gateway, and an address by which the hosts of its tokens are reached there; or directly, for what asks hosts by their
 * own URLs, one with the tokens. It is a file without a name.
 */
import { GATEWAY_HOST, throughGateway } from "../../core/gateway/url.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget } from "../../core/target.ts";
import { ADDRESS } from "../http/plan.ts";
import type { Doorway, Grant, PlanThrough, ReadHeld, ReadText, RunRequest, Survey } from "../tool-protocol.ts";

export async function netrc(request: RunRequest, _read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const targets = (await readHeld()).map(({ target }) => target).filter(({ scheme }) => /^https?$/.test(scheme));
  const needs = targets
    .filter((target, index) => targets.findIndex((other) => sameTarget(other, target)) === index)
    .map((target) => ({ target }));
  return {
    needs,
    asks: [],
    plan: needs.length === 0 ? () => NOTHING : planNetrc,
    planThrough: (grants, doorway) => planThrough(grants, request, doorway),
  };
}

const NOTHING: Plan = {
  ...EMPTY_PLAN,
  notes: ["there is no token of the tool netrc"],
  hints: ["toolkey add URL --tool netrc --username NAME"],
};

function planThrough(grants: readonly Grant[], { publish }: RunRequest, { gateway, phantom }: Doorway): PlanThrough {
  const routes = grants.map(({ need: { target } }) => ({ target, isAuthorized: true, publishes: publish }));
  const permit = { addressing: "url", holder: "descendants", publishes: false, routes } as const;
  const [first] = grants;
  if (first === undefined) return { plan: NOTHING, permit };
  const { need: { target } } = first;
  const example = `${throughGateway(`$${ADDRESS}`, target)} is ${formatTarget(target)}, and so on`;
  return {
    plan: {
      ...EMPTY_PLAN,
      environment: { NETRC: { descriptor: "netrc" }, [ADDRESS]: gateway },
      descriptors: { netrc: new Secret(`machine ${GATEWAY_HOST} login toolkey password ${phantom.reveal()}\n`) },
      given: grants.map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
      notes: [`${example}${publish ? "" : ", to read only"}; $NETRC has the login`],
      hints: ["for what asks hosts by their own URLs: toolkey run --direct --tool netrc"],
    },
    permit,
  };
}

/** An entry for each host: of several tokens that for most of it. */
function planNetrc(grants: readonly Grant[]): Plan {
  const entries = new Map<string, Grant>();
  const notes: string[] = [];
  for (const grant of grants.toSorted((a, b) => a.need.target.path.length - b.need.target.path.length)) {
    const { need: { target }, token: { id } } = grant;
    const machine = target.host.replace(/^\[(.*)\]$/, "$1");
    const why = entries.has(machine) ? `a netrc has one login for ${machine}` : whyUnusable(grant);
    if (why !== undefined) notes.push(`the netrc token ${id} for ${formatTarget(target)} is left out: ${why}`);
    else entries.set(machine, grant);
  }
  if (entries.size === 0) return { ...EMPTY_PLAN, notes };
  const lines = [...entries].map(
    ([machine, { token }]) => `machine ${machine} login ${token.username} password ${token.secret.reveal()}\n`,
  );
  return {
    ...EMPTY_PLAN,
    environment: { NETRC: { descriptor: "netrc" } },
    descriptors: { netrc: new Secret(lines.join("")) },
    given: [...entries.values()].map(({ token, need }) => ({ token: token.id, place: formatTarget(need.target) })),
    notes: [
      ...notes,
      `every process of the command can read $NETRC, and sends what is there to any port and path of ${[...entries.keys()].join(", ")}`,
    ],
  };
}

/** Words end with a space, and readers of a netrc differ in how they could be quoted. */
function whyUnusable({ token: { username, secret } }: Grant): string | undefined {
  if (username === undefined || username === "") return "it has no user name, by which a netrc logs in";
  return [username, secret.reveal()].every((word) => /^[!-~]+$/.test(word) && !/^["'#]|\\/.test(word))
    ? undefined
    : "a netrc does not take every character of it";
}
