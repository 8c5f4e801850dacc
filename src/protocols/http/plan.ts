/**
 * The tool `http`, for scripts with curl and the like: an address of the gateway in a variable. Or the tokens themselves
 * in variables, for what knows no other way: the weakest one, since every process that the command starts can read them.
 */
import { GATEWAY_HOST } from "../../core/gateway/url.ts";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget, type Target } from "../../core/target.ts";
import type { Doorway, Grant, PlanThrough, ReadHeld, ReadText, RunRequest, Survey } from "../tool-protocol.ts";

/** What scripts put before `/SERVICE/path`, or `/https/host/path`. */
export const ADDRESS = "TOOLKEY_HTTP";
/** The file with what they log in by: in a URL, every user of the machine could read it on curl's command line. */
const LOGIN = "TOOLKEY_NETRC";

export async function http(request: RunRequest, _read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const { variables } = request;
  // For what is missing the command is not started: it is said then.
  if (Object.keys(variables).length > 0) return { needs: needsOf(variables), asks: [], plan: (grants) => planHttp(variables, grants) };
  return leading(request, (await readHeld()).every(({ isSuspended }) => isSuspended));
}

/** By the gateway, which looks for a token when it is asked. */
function leading({ publish, arguments: given, declared }: RunRequest, lacksTokens: boolean): Survey {
  const expanded = given.find((argument) => declared.some(({ service }) => argument.startsWith(`/${service}/`)));
  return {
    needs: [],
    plan() {
      throw new Failure("usage", "the tool http gets its tokens themselves in variables, and none was named", {
        hint: [
          "toolkey run --tool http --env NAME=SERVICE -- COMMAND",
          `without --direct, a command reaches services by $${ADDRESS}/SERVICE/path`,
        ],
      });
    },
    planThrough: (_grants, doorway) => planAddress(doorway, { publishes: publish, expanded, lacksTokens }),
  };
}

interface Usage {
  readonly publishes: boolean;
  /** An argument that is left where a shell has put nothing for the variable, before the command had it. */
  readonly expanded: string | undefined;
  readonly lacksTokens: boolean;
}

function planAddress({ gateway, phantom }: Doorway, { publishes, expanded, lacksTokens }: Usage): PlanThrough {
  return {
    plan: {
      ...EMPTY_PLAN,
      environment: { [ADDRESS]: gateway, [LOGIN]: { descriptor: "netrc" } },
      descriptors: { netrc: new Secret(`machine ${GATEWAY_HOST} login toolkey password ${phantom.reveal()}\n`) },
      notes: [
        ...(lacksTokens ? ["there is no token of the tool http"] : []),
        `$${ADDRESS}/SERVICE/… leads to a service with its token of the tool http${publishes ? "" : ", to read only"}; curl logs in by --netrc-file "$${LOGIN}"`,
        ...(expanded === undefined
          ? []
          : [`'${expanded}' looks as if your shell had put in $${ADDRESS} by itself, which only the command has`]),
      ],
      hints: [
        ...(lacksTokens ? ["toolkey add SERVICE --tool http, or a URL"] : []),
        ...(expanded === undefined
          ? []
          : [`in single quotes: toolkey run --tool http -- sh -c 'curl --netrc-file "$${LOGIN}" "$${ADDRESS}${expanded}"'`]),
      ],
    },
    permit: { addressing: "service", holder: "descendants", publishes, routes: [] },
  };
}

function needsOf(variables: Readonly<Record<string, Target>>): Survey["needs"] {
  return Object.values(variables)
    .filter((target, index, all) => all.findIndex((other) => sameTarget(other, target)) === index)
    .map((target) => ({ target }));
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
