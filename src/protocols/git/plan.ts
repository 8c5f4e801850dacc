/**
 * git through the gateway: as a command of its own, and in every command that goes there. What git is given is a `git` before its
 * own on PATH, and three variables for that (bin/sealed, docs/decisions/0017). Pure.
 */
import type { Route } from "../../core/gateway/permit.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { covers, formatTarget, origin, parseTarget, sameTarget, type Target } from "../../core/target.ts";
import { askedByGit } from "./asked.ts";
import { pushes } from "./command-line.ts";
import { wayToHost, type WayToHost } from "./http-settings.ts";
import type { Doorway, Held, ReadHeld, ReadText, RunRequest, Survey } from "../tool-protocol.ts";

/** The user name in a URL of the gateway that asks for a token of any user. */
export const ANY_USER = "x-toolkey";

/** Which git trusts where nobody says otherwise, and Node does not. */
const SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

const DESCRIPTOR = "git-phantom";

export async function git(request: RunRequest, read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const { installation, publish, arguments: given, environment, gitSettings = [] } = request;
  const all = (await readHeld()).filter(({ target }) => target.scheme === "https");
  const ways = new Map(
    [...new Set(all.map(({ target }) => origin(target)))].map((host) => [host, wayToHost(gitSettings, host, environment)]),
  );
  const unable = [...ways].flatMap(([host, way]) =>
    "unable" in way ? [`git goes to ${host} by itself, and gets no token: ${way.unable}`] : [],
  );
  const held = all.filter(({ target }) => !("unable" in (ways.get(origin(target)) ?? {})));
  const isOurs = (place: Target): boolean => all.some(({ target, isSuspended }) => !isSuspended && covers(target, place));
  const asks = (await askedByGit(given, request.directory, read)).filter(({ target }) => !isOurs(target));
  const survey: Survey = { needs: [], asks, plan: () => EMPTY_PLAN };
  if (all.length === 0) return survey;
  const caFiles = (await read(SYSTEM_CERTIFICATES)) === undefined ? [] : [SYSTEM_CERTIFICATES];
  const permit = {
    addressing: "url",
    holder: "git",
    publishes: false,
    routes: routesTo(held, ways, publish || pushes(given)),
    caFiles,
  } as const;
  return {
    ...survey,
    planThrough: (_grants, doorway) => ({
      plan: { ...(held.length === 0 ? EMPTY_PLAN : planFor(held, doorway, installation)), notes: unable },
      permit,
    }),
  };
}

function planFor(held: readonly Held[], { gateway, phantom }: Doorway, installation: RunRequest["installation"]): Plan {
  return {
    ...EMPTY_PLAN,
    programs: installation.sealedPrograms,
    environment: {
      TOOLKEY_GIT_GATEWAY: gateway,
      TOOLKEY_GIT_HOSTS: [...new Set(held.map(({ target }) => origin(target).replace("https://", "")))].join(" "),
      TOOLKEY_GIT_PROGRAMS: installation.gitPrograms,
      TOOLKEY_GIT_PHANTOM: { descriptor: DESCRIPTOR },
    },
    // What a credential helper answers.
    descriptors: { [DESCRIPTOR]: new Secret(`password=${phantom.reveal()}\n`) },
    given: held.filter(({ isSuspended }) => !isSuspended).map(({ token, target }) => ({ token, place: formatTarget(target) })),
  };
}

/** Where there is a token, and all else at the same hosts, which is asked without one. */
function routesTo(held: readonly Held[], ways: ReadonlyMap<string, WayToHost>, publishes: boolean): Route[] {
  const targets = held
    .map(({ target }) => target)
    .filter((target, index, all) => all.findIndex((other) => sameTarget(other, target)) === index);
  const open = [...new Set(targets.map(origin))].map(parseTarget).filter((target) => !targets.some((other) => sameTarget(other, target)));
  const routes: Route[] = [
    ...targets.map((target) => ({ target, isAuthorized: true, publishes })),
    ...open.map((target) => ({ target, isAuthorized: false, publishes: false })),
  ];
  return routes.map((route) => {
    const way = ways.get(origin(route.target)) ?? {};
    return "unable" in way || Object.keys(way).length === 0 ? route : { ...route, upstream: way };
  });
}
