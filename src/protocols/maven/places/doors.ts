/** The places that Maven gets credentials for, by which names it gets there, and what settings say of that. */
import { throughGateway } from "../../../core/gateway/url.ts";
import { formatTarget, sameTarget, type Target } from "../../../core/target.ts";
import type { Doorway, Grant } from "../../tool-protocol.ts";
import type { Deployment, Undeployable } from "./deployment.ts";
import type { OwnedMirror } from "./known-repositories.ts";
import { Names } from "./place.ts";
import type { SettingsProxy } from "./proxies.ts";
import type { AddedMirror, AddedServer, Additions } from "../settings/settings-merge.ts";
import type { Wiring } from "./wiring.ts";

/** How the places are reached, and what is shown there. */
export interface Access {
  /** Whether a proxy must not come between. */
  readonly isLoopback: boolean;
  /** Without a final slash. */
  url(target: Target): string;
  credentials(grant: Grant): AddedServer["credentials"];
  /** What the settings of a server say to wagon, said to the resolver's own transports of Maven 3.9 and 4. */
  transport(grant: Grant, id: string): Readonly<Record<string, string>>;
}

/** Maven goes there itself, with the token. */
export const DIRECTLY: Access = {
  isLoopback: false,
  url: formatTarget,
  credentials: ({ token, presents }) =>
    presents === "Bearer"
      ? { authorization: `Bearer ${token.secret.reveal()}` }
      : { username: token.username ?? "", password: token.secret.reveal() },
  transport: ({ presents }, id) => (presents === "Bearer" ? { [`aether.connector.http.followRedirects.${id}`]: "false" } : {}),
};

/** Of whatever has no name of its own. */
const USERNAME = "toolkey";

/** Maven goes to the gateway, with the phantom. */
export function throughDoorway({ gateway, phantom }: Doorway): Access {
  return {
    isLoopback: true,
    url: (target) => throughGateway(gateway, target),
    credentials: () => ({ username: USERNAME, password: phantom.reveal() }),
    transport: (_grant, id) => ({
      [`aether.connector.http.preemptiveAuth.${id}`]: "true",
      [`aether.transport.http.preemptiveAuth.${id}`]: "true",
    }),
  };
}

/** A place with its token, and by which names Maven gets there. */
interface Door {
  readonly grant: Grant;
  /** Of its server and its mirror. */
  readonly id: string;
  /** The repositories that are there. */
  readonly repositories: readonly string[];
  /** Mirrors of others that lead there; each needs a name of its own, since Maven ignores a second mirror of a name. */
  readonly mirrors: readonly { readonly known: OwnedMirror; readonly id: string }[];
}

export function openDoors(grants: readonly Grant[], wiring: Wiring<OwnedMirror>, mark: string): Door[] {
  const names = new Names(mark);
  return grants.toSorted((a, b) => (placeText(a) < placeText(b) ? -1 : 1)).map((grant) => openDoor(grant, wiring, names));
}

function openDoor(grant: Grant, wiring: Wiring<OwnedMirror>, names: Names): Door {
  const { target } = grant.need;
  const isHere = (place: Target | undefined): boolean => place !== undefined && sameTarget(place, target);
  return {
    grant,
    id: names.next(target),
    repositories: wiring.direct.filter(({ place }) => isHere(place)).map(({ id }) => id),
    mirrors: wiring.mirrors.filter(({ place }) => isHere(place)).map((known) => ({ known, id: names.next(target, known.mirror.id) })),
  };
}

/**
 * What is put into the person's settings.
 *
 * @param proxies those that count besides the person's
 */
export function additionsOf(
  doors: readonly Door[],
  access: Access,
  {
    deployment,
    mark,
    proxies,
  }: { readonly deployment: Deployment | Undeployable | undefined; readonly mark: string; readonly proxies: readonly SettingsProxy[] },
): Additions {
  const leading = doors.flatMap(({ grant, mirrors }) =>
    mirrors.map(({ id, known }) => ({ id, url: access.url(grant.need.target), ...known })),
  );
  const transport = doors.flatMap((door) => idsOf(door).map((id) => access.transport(door.grant, id)));
  return {
    servers: doors.flatMap((door) => idsOf(door).map((id) => ({ id, credentials: access.credentials(door.grant) }))),
    mirrors: doors.map((door) => pinOf(door, access)),
    lastMirrors: leading.filter(({ owner }) => owner === "machine").map(({ id, mirrorOf, url }) => ({ id, mirrorOf, url })),
    renamed: leading.filter(({ owner }) => owner === "user").map(({ mirror, id, url }) => ({ mirror, id, url })),
    properties: Object.assign({}, deploymentProperties(deployment, doors, access), ...transport) as Record<string, string>,
    profile: `toolkey-${mark}`,
    proxiesPastLoopback: access.isLoopback ? proxies : undefined,
  };
}

/** The place of a grant, as a URL. */
export function placeText({ need }: Grant): string {
  return formatTarget(need.target);
}

function idsOf({ id, mirrors }: Door): string[] {
  return [id, ...mirrors.map((mirror) => mirror.id)];
}

/** The mirror that keeps every name of a door at its URL, whoever uses the name, and leads its repositories there. */
function pinOf(door: Door, access: Access): AddedMirror {
  return { id: door.id, url: access.url(door.grant.need.target), mirrorOf: [...idsOf(door), ...door.repositories].join(",") };
}

function deploymentProperties(
  deployment: Deployment | Undeployable | undefined,
  doors: readonly Door[],
  access: Access,
): Record<string, string> {
  if (deployment === undefined || "note" in deployment) return {};
  const entries: [name: string, place: Target | undefined][] = [
    ["altReleaseDeploymentRepository", deployment.releases],
    ["altSnapshotDeploymentRepository", deployment.snapshots],
    ["altDeploymentRepository", deployment.only],
  ];
  return Object.fromEntries(
    entries.flatMap(([name, place]) => {
      const door = place === undefined ? undefined : doors.find(({ grant }) => sameTarget(grant.need.target, place));
      if (door === undefined) return [];
      const url = endedUrl(door, access);
      return [[name, deployment.syntax === "id::url" ? `${door.id}::${url}` : `${door.id}::default::${url}`]];
    }),
  );
}

/** POMs can use the property, and write more behind it: a URL without a path would go on into another host's name. */
function endedUrl({ grant: { need } }: Door, access: Access): string {
  return need.target.path.length === 0 ? `${access.url(need.target)}/` : access.url(need.target);
}
