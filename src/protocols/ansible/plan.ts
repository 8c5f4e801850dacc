/**
 * ansible-galaxy: the login of each server in variables of that server, and with them its address and whom to trust, so that no file of a
 * project has a say in these. What is measured is in docs/tools/ansible.md.
 */
import { join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, type Plan, type PlanText } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, parseTarget, sameTarget, type Target } from "../../core/target.ts";
import { operandsOf } from "../program-words.ts";
import { noNeeds, type Grant, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { listOf, sectionOf, settingsIn, valueOf, type Setting } from "./configuration.ts";

const ASKING = /^(delete|download|import|info|install|login|publish|search|setup|verify)$/;
const DEFAULT = "https://galaxy.ansible.com";
/** A server that is in no list. */
const UNLISTED = "toolkey";
/** What can be a part of a variable's name. */
const PLAIN_ID = /^[\w.-]+$/;
const SERVER_OPTION = /^(?:(?:-s|--server)(?:=(.*))?|-s(.+))$/;
const TYPED_LOGIN = /^--(token|api-key)(=|$)/;
/** What a project may not say of a server. */
const OF_TRUST = ["auth_url", "validate_certs"];
/** All that Ansible reads of a server, newer ones too. */
const KEYS =
  ["url", "username", "password", "token", "auth_url", "client_id", "client_secret", "validate_certs", "timeout", "v3", "api_version"];

interface Server {
  readonly id: string;
  readonly url: string;
  readonly target: Target;
}

interface Configuration {
  readonly path: string;
  readonly ofProject: boolean;
  readonly settings: readonly Setting[];
}

interface Situation {
  readonly servers: readonly Server[];
  readonly list: readonly string[];
  readonly configuration: Configuration;
  readonly environment: Readonly<Record<string, string>>;
  /** Words of the command line that become the name of the unlisted server. */
  readonly instead: Readonly<Record<string, string>>;
}

export async function ansible(request: RunRequest, read: ReadText): Promise<Survey> {
  const { arguments: given } = request;
  const [first = "", second = ""] = operandsOf(given);
  if (!ASKING.test(/^(collection|role)$/.test(first) ? second : first)) return noNeeds(EMPTY_PLAN);
  if (given.some((word) => TYPED_LOGIN.test(word))) return noNeeds(EMPTY_PLAN);
  const situation = situationOf(request, await configurationOf(request, read));
  const targets = situation.servers
    .map(({ target }) => target)
    .filter((target, index, all) => all.findIndex((other) => sameTarget(other, target)) === index);
  return {
    needs: targets.map((target) => ({ target })),
    asks: targets.map((target) => ({ target, isPublic: formatTarget(target) === DEFAULT })),
    plan: (grants) => planLogins(situation, grants),
    planThrough: () => ({ direct: "ansible-galaxy has no way to the gateway" }),
  };
}

/** The first that is there, in the order of Ansible's `find_ini_config_file`. */
async function configurationOf({ directory, home, environment }: RunRequest, read: ReadText): Promise<Configuration> {
  const named = environment["ANSIBLE_CONFIG"];
  const paths: (readonly [path: string, ofProject: boolean])[] = [
    ...(named ? [[resolve(directory, named), false] as const, [resolve(directory, named, "ansible.cfg"), false] as const] : []),
    [join(directory, "ansible.cfg"), true],
    [join(home, ".ansible.cfg"), false],
    ["/etc/ansible/ansible.cfg", false],
  ];
  for (const [path, ofProject] of paths) {
    const text = await read(path);
    if (text !== undefined) return { path, ofProject, settings: settingsIn(text) };
  }
  return { path: "", ofProject: false, settings: [] };
}

function situationOf({ arguments: given, environment }: RunRequest, configuration: Configuration): Situation {
  const { settings } = configuration;
  const setting = (variable: string, section: string, key: string): string | undefined =>
    environment[variable] ?? valueOf(settings, section, key);
  const listed = listOf(setting("ANSIBLE_GALAXY_SERVER_LIST", "galaxy", "server_list"));
  const typed = typedServer(given);
  const typedUrl = typed === undefined || listed.includes(typed) ? undefined : typed;
  const unlisted = typedUrl ?? (listed.length > 0 ? undefined : (setting("ANSIBLE_GALAXY_SERVER", "galaxy", "server") ?? DEFAULT));
  const named = (typed === undefined ? listed : listed.filter((id) => id === typed)).map((id) => {
    return { id, url: setting(variableOf(id, "url"), sectionOf(id), "url") };
  });
  // Of several that are typed the last counts, which is the only one then.
  const all = typedUrl === undefined ? named : [];
  const servers = [...all, ...(unlisted === undefined ? [] : [{ id: UNLISTED, url: unlisted }])].flatMap(({ id, url = "" }): Server[] => {
    const target = targetOf(url);
    return target === undefined || !PLAIN_ID.test(id) ? [] : [{ id, url, target }];
  });
  return {
    servers, configuration, environment,
    list: unlisted === undefined ? listed : [...listed.filter((id) => id !== UNLISTED), UNLISTED],
    instead: Object.fromEntries(
      typedUrl === undefined ? [] : ["", "--server=", "-s", "-s="].map((option) => [option + typedUrl, option + UNLISTED]),
    ),
  };
}

function typedServer(given: readonly string[]): string | undefined {
  return given.flatMap((word, index) => {
    const match = SERVER_OPTION.exec(word);
    return match === null ? [] : [match[1] ?? match[2] ?? given[index + 1] ?? ""];
  }).at(-1);
}

function targetOf(url: string): Target | undefined {
  try {
    return /^https?:\/\/[!-~]{1,500}$/.test(url) ? parseTarget(url) : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function variableOf(id: string, key: string): string {
  return `ANSIBLE_GALAXY_SERVER_${id}_${key}`.toUpperCase();
}

function planLogins(situation: Situation, grants: readonly Grant[]): Plan {
  const { servers, list, configuration, instead } = situation;
  const granted = servers.flatMap((server) => {
    const grant = grants.find(({ need }) => sameTarget(need.target, server.target));
    return grant === undefined ? [] : [{ server, grant }];
  });
  const given = granted.filter(({ server }) => whyNot(situation, server) === undefined);
  const notes = granted.flatMap(({ server, grant }) => {
    const why = whyNot(situation, server);
    return why === undefined ? [] : [`${grant.token.id} is left out: ${why}`];
  });
  if (given.length === 0) return { ...EMPTY_PLAN, notes };
  const passedOver = configuration.ofProject ? given.flatMap(({ server }) => trustOf(configuration, server.id)) : [];
  return {
    ...EMPTY_PLAN,
    environment: {
      ...Object.assign({}, ...given.map(({ server, grant }) => variablesOf(situation, server, grant))) as Record<string, PlanText>,
      ANSIBLE_GALAXY_SERVER_LIST: list.join(","),
      ...personal(situation, "ANSIBLE_GALAXY_IGNORE", "galaxy", "ignore_certs", "False"),
    },
    instead,
    given: given.map(({ server, grant }) => ({ token: grant.token.id, place: formatTarget(server.target) })),
    notes: [
      ...notes,
      ...(passedOver.length === 0 ? [] : [`the project has no say in ${[...new Set(passedOver)].join(", ")} of ${configuration.path}`]),
      OPEN,
    ],
    hints: passedOver.length === 0 ? [] : ["what you want yourself is for ~/.ansible.cfg, or for variables of Ansible's"],
  };
}

function variablesOf(situation: Situation, { id, url }: Server, { token, presents }: Grant): Record<string, PlanText> {
  const name = (key: string): string => variableOf(id, key);
  const isBasic = presents === "Basic" && token.username !== undefined;
  return {
    [name("url")]: url,
    ...personal(situation, name("auth_url"), sectionOf(id), "auth_url", ""),
    ...personal(situation, name("validate_certs"), sectionOf(id), "validate_certs", "True"),
    [name("username")]: isBasic ? (token.username ?? "") : "",
    [name(isBasic ? "password" : "token")]: new Secret(token.secret.reveal()),
  };
}

/** A variable of ours, so that a project's file has no say; none where the person's own does. */
function personal(
  { environment, configuration: { ofProject, settings } }: Situation,
  variable: string,
  section: string,
  key: string,
  value: string,
): Record<string, string> {
  const isPersons = environment[variable] !== undefined || (!ofProject && valueOf(settings, section, key) !== undefined);
  return isPersons ? {} : { [variable]: value };
}

function whyNot(situation: Situation, server: Server): string | undefined {
  const own = ownLogin(situation, server);
  if (own !== undefined) return `${own} is a login of its own for ${server.id}`;
  // What is set for one of them would say something of the other: where its login is exchanged, say.
  const shared = KEYS.map((key) => variableOf(server.id, key));
  const other = situation.list.find((id) => id !== server.id && KEYS.some((key) => shared.includes(variableOf(id, key))));
  return other === undefined ? undefined : `${server.id} and ${other} have a variable in common`;
}

/** Where a server has one already, for people. */
function ownLogin({ environment, configuration: { path, settings } }: Situation, { id }: Server): string | undefined {
  const keys = ["token", "username", "password"];
  const variable = keys.map((key) => variableOf(id, key)).find((name) => environment[name] !== undefined);
  const key = keys.find((each) => valueOf(settings, sectionOf(id), each) !== undefined);
  return variable ?? (key === undefined ? undefined : `${key} in ${path}`);
}

function trustOf({ settings }: Configuration, id: string): string[] {
  const own = OF_TRUST.filter((key) => valueOf(settings, sectionOf(id), key) !== undefined);
  return valueOf(settings, "galaxy", "ignore_certs") === undefined ? own : [...own, "ignore_certs"];
}

export const OPEN = "what ansible-galaxy starts can read the token in its variable: the weakest way to hand over a token";
