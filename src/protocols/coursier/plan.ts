/**
 * coursier, and sbt with it: logins by host in a file without a name, of whose path `COURSIER_CREDENTIALS` tells (coursier's
 * `CacheEnv.defaultCredentials`). As a netrc it is about hosts, and what asks by them would ask no gateway.
 */
import { join } from "node:path";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget } from "../../core/target.ts";
import { configHome } from "../config-home.ts";
import type { Grant, ReadHeld, ReadText, RunRequest, Survey } from "../tool-protocol.ts";
import { propertyLine, readProperties } from "../plaintext/properties.ts";

const VARIABLE = "COURSIER_CREDENTIALS";
/** What the Java of sbt is started with, by files of a project. */
const OF_SBT = [".jvmopts", ".sbtopts"];
/** Whom Java trusts, and by whom it goes; also by another file, or as another Java. */
const OF_TRUST =
  /javax\.net\.ssl\.\w+|(?:https?|socks)\.?[pP]roxy\w+|java\.net\.useSystemProxies|java\.security\.\w+|VMOptionsFile|-?-java-home|@\S+/;

export async function coursier(request: RunRequest, read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const { program, environment, directory } = request;
  const targets = (await readHeld()).map(({ target }) => target).filter(({ scheme }) => /^https?$/.test(scheme));
  const needs = targets
    .filter((target, index) => targets.findIndex((other) => sameTarget(other, target)) === index)
    .map((target) => ({ target }));
  if (needs.length === 0) return { needs, asks: [], plan: () => NOTHING };
  const distrusted: string[] = [];
  for (const path of program === "sbt" ? OF_SBT.map((name) => join(directory, name)) : []) {
    const said = OF_TRUST.exec((await read(path)) ?? "")?.[0];
    if (said !== undefined) distrusted.push(`${said} in ${path}`);
  }
  const own = environment[VARIABLE] === undefined ? ((await read(join(configOf(request), "credentials.properties"))) ?? "") : undefined;
  return { needs, asks: [], plan: (grants) => planLogins(grants, own, distrusted) };
}

const NOTHING: Plan = {
  ...EMPTY_PLAN,
  notes: ["there is no token of the tool coursier"],
  hints: ["toolkey add URL --tool coursier --username NAME"],
};

function configOf(request: RunRequest): string {
  return request.environment["COURSIER_CONFIG_DIR"] || join(configHome(request), "coursier");
}

/** An entry for each host: of several tokens that for most of it. @param own what the person has in a file; undefined: in the variable */
function planLogins(grants: readonly Grant[], own: string | undefined, distrusted: readonly string[]): Plan {
  if (grants.length === 0) return EMPTY_PLAN;
  if (own === undefined)
    return { ...EMPTY_PLAN, notes: [`your ${VARIABLE} is set, and comes first: nothing is given besides`], hints: [`unset ${VARIABLE}`] };
  if (distrusted.length > 0) {
    const notes = [`coursier gets no token here, since the project decides whom to trust: ${distrusted.join(", ")}`];
    return { ...EMPTY_PLAN, notes, hints: ["what you want yourself is for JAVA_TOOL_OPTIONS"] };
  }
  const hosts = new Set(readProperties(own).flatMap(({ key, value }) => (key.endsWith(".host") ? [value] : [])));
  const entries = new Map<string, Grant>();
  const notes: string[] = [];
  for (const grant of grants.toSorted((a, b) => a.need.target.path.length - b.need.target.path.length)) {
    const { need: { target }, token: { id, username } } = grant;
    const why = hosts.has(target.host) || entries.has(target.host) ? `coursier has one login for ${target.host}` : whyNameless(username);
    if (why === undefined) entries.set(target.host, grant);
    else notes.push(`${id} is left out: ${why}`);
  }
  if (entries.size === 0) return { ...EMPTY_PLAN, notes };
  const logins = [...entries.values()].map(loginLines).join("");
  return {
    ...EMPTY_PLAN,
    environment: { [VARIABLE]: { descriptor: "credentials" } },
    descriptors: { credentials: new Secret(`${own === "" || own.endsWith("\n") ? own : `${own}\n`}${logins}`) },
    given: [...entries.values()].map(({ token, need }) => ({ token: token.id, place: formatTarget(need.target) })),
    notes: [...notes, `${OPEN} ${[...entries.keys()].join(", ")}`],
  };
}

function whyNameless(username: string | undefined): string | undefined {
  return username === undefined || username === "" ? "it has no user name, by which coursier logs in" : undefined;
}

function loginLines({ need: { target }, token: { username = "", secret } }: Grant, index: number): string {
  const key = (name: string): string => `toolkey${index}.${name}`;
  return [
    propertyLine(key("host"), target.host),
    propertyLine(key("username"), username),
    propertyLine(key("password"), secret.reveal()),
    // Without it coursier sends a login by http, too. The others are what it does anyway, now.
    propertyLine(key("https-only"), String(target.scheme === "https")),
    propertyLine(key("auto"), "true"),
    propertyLine(key("pass-on-redirect"), "false"),
  ].join("");
}

export const OPEN =
  "coursier has no way to the gateway: the build and all that it starts can read $COURSIER_CREDENTIALS, which are for any port and path of";
