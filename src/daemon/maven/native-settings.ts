/** Maven 4 without the hook: the passwords that it asks for on sockets, and the settings that name those. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Session } from "../../broker/session.ts";
import type { Events } from "../../core/event.ts";
import { Failure } from "../../core/failure.ts";
import type { Secret } from "../../core/secret.ts";
import { formatTarget } from "../../core/target.ts";
import { ok } from "../../core/wire/wire.ts";
import type { Services } from "../../issuers/registry.ts";
import type { Paths } from "../../platform/paths.ts";
import { NO_TOKEN } from "../../protocols/maven/gpg-agent.ts";
import { nativePlaces, renderNativeSettings, type NativePlace } from "../../protocols/maven/settings/native-settings.ts";
import type { Grant } from "../../protocols/tool-protocol.ts";
import type { ConfigurationInForce } from "../configuration/in-force.ts";
import { declaredPlaces } from "../granting/declared-places.ts";
import { grantFor, type GrantWorld } from "../granting/grants.ts";
import type { Inside } from "../granting/inside.ts";
import { errorFields, failedBy, type Logger } from "../log.ts";
import { listenForMaven, type MavenSockets } from "./sockets.ts";
import type { Outcome } from "../operations/outcome.ts";
import { serverMark } from "../granting/server-mark.ts";

/** How long Maven waits for a password, in milliseconds, before it gets one that no server takes. */
const PATIENCE_MS = 20_000;

/** What this acts on. */
export interface NativeWorld extends GrantWorld {
  readonly paths: Paths;
}

type Logged = NativeWorld & {
  readonly events: Events;
  readonly log: Logger;
  readonly inside: Inside;
  readonly configuration: ConfigurationInForce;
  readonly session: Session;
};

/**
 * Listens for Maven 4, for all services that the configuration names; only those that hold have a password. What goes wrong is written to
 * the log: the daemon is there for others, too.
 */
export async function serveMaven(world: Logged): Promise<MavenSockets | undefined> {
  try {
    const names = new Set((await placesOf(world, world.configuration.written)).map(({ socket }) => socket));
    return await listenForMaven(directoryOf(world.paths), [...names], async (name, caller) => {
      await world.configuration.know(world.session);
      // Within a build that goes through the gateway others could ask here as well.
      return (await world.inside.commandAround(caller)) !== undefined ? NO_TOKEN : passwordOf(world, name);
    });
  } catch (error) {
    world.log.warn(errorFields(error), "no sockets for Maven 4");
    return undefined;
  }
}

/** The operation `native-settings`: their text, with the user names of the tokens that there are. */
export async function answerNativeSettings(world: NativeWorld): Promise<Outcome> {
  const places = await placesOf(world, world.access.services);
  const usernames = new Map<string, string>();
  const notes: string[] = [];
  for (const place of places) {
    const { username } = (await grantOf(world, place))?.token ?? {};
    if (username === undefined) notes.push(`there is no maven token with a user name for ${formatTarget(place.target)} yet`);
    else usernames.set(place.id, username);
  }
  const hints = notes.length === 0 ? [] : ["once there is: toolkey setup maven --native, again"];
  return { answer: ok(renderNativeSettings(places, directoryOf(world.paths), usernames), notes, hints) };
}

async function placesOf({ paths }: NativeWorld, services: Services): Promise<NativePlace[]> {
  return nativePlaces(declaredPlaces(services, "maven"), await serverMark(paths));
}

function directoryOf(paths: Paths): string {
  return join(paths.runtime, "maven");
}

/** @param socket its name, which says which service is meant */
async function passwordOf(world: Logged, socket: string): Promise<Secret> {
  const began = world.clock.now();
  const late = wait(PATIENCE_MS, undefined, { ref: false });
  let place: NativePlace | undefined;
  const asked = async (): Promise<Grant | undefined> => {
    place = (await placesOf(world, world.access.services)).find((each) => each.socket === socket);
    return place && grantOf(world, place);
  };
  const grant = await Promise.race([asked().catch((error: unknown) => asFailure(world, error)), late]);
  const given = grant instanceof Failure ? undefined : grant?.token;
  world.events.append({
    kind: "request",
    tool: "maven",
    operation: "password",
    status: given === undefined ? "miss" : "ok",
    place: place && formatTarget(place.target),
    tokens: given && [given.id],
    ms: world.clock.now() - began,
    failed: grant instanceof Failure ? failedBy(grant) : undefined,
  });
  return given?.secret ?? NO_TOKEN;
}

async function grantOf(world: NativeWorld, { target }: NativePlace): Promise<Grant | undefined> {
  return (await grantFor(world, "maven", { target })).grant;
}

function asFailure({ log }: { readonly log: Logger }, error: unknown): Failure {
  if (error instanceof Failure) return error;
  log.error(errorFields(error), "password");
  return new Failure("unavailable", "the daemon failed at this request");
}
