/**
 * Clients of images. podman's family fetches by the gateway, to which a file for this one command leads it; docker has its daemon fetch,
 * which no phantom reaches, and asks toolkey by itself, as helm and oras do. What is measured is in docs/tools/docker.md.
 */
import { join } from "node:path";
import { registryInName } from "../../core/gateway/url.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget, type Target } from "../../core/target.ts";
import { basicCredentials } from "../authorization.ts";
import { configHome } from "../config-home.ts";
import type { Doorway, Grant, Held, PlanThrough, ReadHeld, ReadText, RunRequest, Survey, WhyNotThrough } from "../tool-protocol.ts";
import { ledWords } from "./image-words.ts";
import { containersLogins } from "./login-files.ts";
import { canHaveMore, hasSettingsFor, withLogins, withRegistries } from "./registry-files.ts";
import { registryOf } from "./server-url.ts";

/** Those that read podman's settings. */
const PODMANS: ReadonlySet<string> = new Set(["podman", "buildah", "skopeo"]);
const SYSTEM_REGISTRIES = "/etc/containers/registries.conf";

/** What the person has set. */
interface Settings {
  readonly registries: string;
  readonly logins: readonly string[];
}

export async function docker(request: RunRequest, read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const { program = "" } = request;
  const held = await readHeld();
  if (!PODMANS.has(program)) return { needs: [], plan: () => (held.length === 0 ? EMPTY_PLAN : asksItself(program)) };
  const settings = await settingsOf(request, read);
  const isNamed = ({ target }: Held): boolean => request.arguments.some((word) => word.includes(`${registryOf(target)}/`));
  const wanted = held.filter((each) => (namesAll(request) ? isNamed(each) : !each.isSuspended || isNamed(each)));
  const targets = wanted.map(({ target }) => target).filter(isNameable);
  const places = targets.filter((target, index) => targets.findIndex((other) => sameTarget(other, target)) === index);
  return {
    needs: places.map((target) => ({ target })),
    asks: [],
    plan: (grants) => planLogins(settings, grants),
    planThrough: (grants, doorway) => planLed(request, settings, grants, doorway),
  };
}

/** Whether its command line names all registries that it asks: others are named in files, and by containers. */
function namesAll({ program, arguments: given }: RunRequest): boolean {
  return program === "skopeo" || given.some((word) => word === "pull" || word === "push");
}

function asksItself(program: string): Plan {
  const why =
    program === "docker" ? "docker's daemon fetches and sends images, where no phantom reaches" : `${program} has no way to the gateway`;
  return { ...EMPTY_PLAN, notes: [`${why}: it asks toolkey by itself, where it is set up`], hints: ["toolkey setup docker"] };
}

/** The name of an image has no brackets, as an IPv6 address has. */
function isNameable({ scheme, host }: Target): boolean {
  return /^https?$/.test(scheme) && !host.startsWith("[");
}

async function settingsOf(request: RunRequest, read: ReadText): Promise<Settings> {
  const { home, environment, uid } = request;
  const config = configHome(request);
  const conf = environment["CONTAINERS_REGISTRIES_CONF"];
  const registries =
    conf === undefined || conf === ""
      ? ((await read(join(config, "containers", "registries.conf"))) ?? (await read(SYSTEM_REGISTRIES)))
      : await read(conf);
  const named = environment["REGISTRY_AUTH_FILE"];
  const files = [
    ...containersLogins({ named, runtime: environment["XDG_RUNTIME_DIR"], config, uid }),
    ...(named ? [] : [join(environment["DOCKER_CONFIG"] || join(home, ".docker"), "config.json")]),
  ];
  const logins = [];
  for (const file of files) logins.push((await read(file)) ?? "{}");
  return { registries: registries ?? "", logins };
}

/** The tokens themselves, as logins. */
function planLogins({ logins }: Settings, grants: readonly Grant[]): Plan {
  if (grants.length === 0) return EMPTY_PLAN;
  const own = grants.map(({ need, token }) => ({
    registry: [registryOf(need.target), ...need.target.path].join("/"),
    auth: basicCredentials(token).reveal(),
  }));
  return {
    ...EMPTY_PLAN,
    environment: { REGISTRY_AUTH_FILE: { descriptor: "logins" } },
    descriptors: { logins: new Secret(withLogins(logins, own)) },
    given: grants.map(({ token, need }) => ({ token: token.id, place: formatTarget(need.target) })),
  };
}

function planLed(
  { program = "", publish, arguments: given }: RunRequest,
  settings: Settings,
  grants: readonly Grant[],
  { gateway, phantom }: Doorway,
): PlanThrough | WhyNotThrough {
  if (!canHaveMore(settings.registries)) {
    const hint = "write it in version 2, with [[registry]] tables (containers-registries.conf(5))";
    return { withheld: "your registries.conf is of a form to which no registry can be added", hint };
  }
  const host = gateway.replace(/^http:\/\//, "");
  const led = grants.filter(({ need }) => !hasSettingsFor(settings.registries, registryOf(need.target)));
  const left = grants.filter((grant) => !led.includes(grant));
  const names = new Map(led.map(({ need: { target } }) => [registryOf(target), `${host}/${registryInName(target)}`]));
  const words = ledWords(program, given, names);
  const conf = withRegistries(settings.registries, [
    ...[...names].map(([prefix, location]) => ({ prefix, location })),
    { prefix: host, location: host },
  ]);
  const publishes = publish || words.changes;
  return {
    plan: {
      ...EMPTY_PLAN,
      environment: { CONTAINERS_REGISTRIES_CONF: { descriptor: "registries" }, REGISTRY_AUTH_FILE: { descriptor: "logins" } },
      // It reads no variable for this.
      arguments: program === "skopeo" ? ["--registries-conf", { descriptor: "registries" }] : [],
      instead: words.instead,
      trailing: words.trailing,
      descriptors: {
        registries: new Secret(conf),
        logins: new Secret(withLogins(settings.logins, [{ registry: host, auth: btoa(`toolkey:${phantom.reveal()}`) }])),
      },
      given: led.map(({ token, need }) => ({ token: token.id, place: formatTarget(need.target) })),
      notes: left.map(
        ({ token, need }) => `${token.id} is left out: your registries.conf has settings of its own for ${registryOf(need.target)}`,
      ),
    },
    permit: {
      addressing: "images",
      holder: "command",
      publishes,
      routes: led.map(({ need }) => ({ target: need.target, isAuthorized: true, publishes })),
    },
  };
}
