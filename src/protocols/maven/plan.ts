/**
 * Maven: `-s` with the person's own settings, and in them servers and mirrors of ours
 * (docs/tools/maven.md, docs/decisions/0012-plans.md).
 */
import type { Route } from "../../core/gateway/permit.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { covers, formatTarget, parseTarget, sameTarget, type Target } from "../../core/target.ts";
import {
  noNeeds,
  type Asked,
  type Doorway,
  type Grant,
  type Held,
  type Need,
  type PlanThrough,
  type ReadHeld,
  type ReadText,
  type RunRequest,
  type Survey,
  type WhyNotThrough,
} from "../tool-protocol.ts";
import { wordsOf, withoutSettings } from "./command-line.ts";
import { deploys, type Deployment, type Undeployable } from "./places/deployment.ts";
import { checkedDeployment, placesOfDeployment } from "./places/deployment-places.ts";
import { additionsOf, DIRECTLY, openDoors, placeText, throughDoorway, type Access } from "./places/doors.ts";
import { leadFile, placeOfFile, urlsOfProperties } from "./places/goal-places.ts";
import { knownMirrors, knownRepositories, placeIn, type OwnedMirror } from "./places/known-repositories.ts";
import { distinct, placeOf } from "./places/place.ts";
import { upstreamOf } from "./places/proxies.ts";
import { mergeSettings } from "./settings/settings-merge.ts";
import { knowsOurNames, ownCommandLine, proxiesBeside, readSituation, type NothingGiven, type Situation } from "./situation.ts";
import { placesOf, wire, type KnownRepository, type Wiring } from "./places/wiring.ts";

/** What is known before there are tokens. */
interface Findings {
  readonly situation: Situation;
  readonly wiring: Wiring<OwnedMirror>;
  /** Undefined if nothing is deployed. */
  readonly deployment: Deployment | Undeployable | undefined;
  /** Where the goal `deploy-file` goes. */
  readonly file: Target | undefined;
  /** Whether Maven is told to print its settings, where it hides passwords but not headers. */
  readonly showsSettings: boolean;
  /** `MAVEN_ARGS` without the settings that it names, which would come before ours. */
  readonly mavenArgs: string | undefined;
  readonly mark: string;
  readonly publish: boolean;
}

/**
 * The plugin writes the settings that it was started with, tokens and all, to a file for the Maven that it starts. Of a
 * phantom that would be no harm, but that Maven is another process, for which it is not good.
 */
const RELEASES = /^release:|:maven-release-plugin:/;

export async function maven(request: RunRequest, read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const own = ownCommandLine(request);
  if (own.isQuestion) return noNeeds(EMPTY_PLAN);
  if (request.isInSession !== true && own.goals.some((goal) => RELEASES.test(goal))) {
    return refused({
      note: "the release plugin writes the settings of Maven to a file in the directory for temporary files; nothing is given",
      hint: "check the tag out and deploy it: toolkey run -- mvn deploy",
    });
  }
  const situation = await readSituation(request, read);
  if (!("settings" in situation)) return refused(situation);
  const repositories = knownRepositories(situation);
  if (repositories.some(({ id }) => id.includes(request.mark))) return refused(knowsOurNames("a repository of the project"));
  const wiring = wire(repositories, {
    mirrors: knownMirrors(situation),
    declared: request.declared,
    isComplete: situation.project.unknown === undefined,
  });
  const goals = situation.commandLine.goals.length > 0 ? situation.commandLine.goals : defaultGoals(situation);
  const findings: Findings = {
    situation, wiring,
    deployment: deploys(goals) ? checkedDeployment(situation) : undefined,
    file: placeIn(situation, placeOfFile({ ...situation.commandLine, goals }, situation.lookup)),
    showsSettings: goals.some((goal) => goal.includes("effective-settings")),
    mavenArgs: argsWithoutSettings(request),
    mark: request.mark,
    publish: request.publish,
  };
  const needs = distinct([...placesOf(wiring), ...placesOfDeployment(findings.deployment), ...filePlaces(findings)]).map((target) => ({
    target,
  }));
  const unserved = unservedPlaces(findings, needs, await readHeld());
  const said = (plan: Plan): Plan => ({
    ...plan,
    notes: [...plan.notes, ...unserved.map(({ note }) => note)],
    hints: [...plan.hints, ...unserved.map(({ hint }) => hint)],
  });
  return {
    needs,
    asks: askedPlaces(repositories, findings),
    publishes: findings.deployment !== undefined || findings.file !== undefined,
    plan: (grants) => said(planDirectly(findings, grants)),
    planThrough(grants, doorway) {
      const through = planThrough(findings, grants, doorway);
      return "plan" in through ? { ...through, plan: said(through.plan) } : through;
    },
  };
}

const CENTRAL = parseTarget("https://repo.maven.apache.org/maven2");
const PUBLIC =
  /^(repo1?\.maven\.(apache\.)?org|repository\.(apache|jboss)\.org|(oss|s01\.oss|central)\.sonatype\.(org|com)|maven\.google\.com|jitpack\.io|repo\.spring\.io|packages\.confluent\.io|plugins\.gradle\.org)$/;

/** What Maven will ask for all that is known; what a service only declares may be asked by nobody. */
function askedPlaces(repositories: readonly KnownRepository[], { wiring, deployment, file }: Findings): Asked[] {
  const known = repositories.flatMap(({ place }) => place ?? []);
  const places = placesOf(wiring).filter(
    (place) =>
      known.some((other) => sameTarget(other, place)) ||
      wiring.mirrors.some((mirror) => mirror.place !== undefined && sameTarget(mirror.place, place)),
  );
  return distinct([...places, ...placesOfDeployment(deployment), ...filePlaces({ file }), CENTRAL]).map((target) => ({
    target,
    isPublic: PUBLIC.test(target.host),
  }));
}

function planDirectly(findings: Findings, grants: readonly Grant[]): Plan {
  const leftOut: string[] = [];
  const usable = grants.filter((grant) => {
    const why = whyUnusable(grant, findings) ?? whyNotForFile(grant, findings);
    if (why !== undefined) leftOut.push(`the maven token ${grant.token.id} is left out: ${why}`);
    return why === undefined;
  });
  return planWith(findings, { grants: usable, leftOut }, DIRECTLY);
}

/** In what a goal is told by properties a POM has its say, too: it could have the token sent elsewhere. A phantom is no use there. */
function whyNotForFile({ need }: Grant, { file, wiring, deployment }: Findings): string | undefined {
  if (file === undefined || !sameTarget(file, need.target)) return undefined;
  return [...placesOf(wiring), ...placesOfDeployment(deployment)].some((place) => sameTarget(place, file))
    ? undefined
    : "deploy-file is served through the gateway only, without --direct";
}

/** Tokens for places that goals are told of by their own parameters, where nothing leads them. */
function unservedPlaces(
  { situation: { commandLine } }: Findings,
  needs: readonly Need[],
  held: readonly Held[],
): { readonly note: string; readonly hint: string }[] {
  const named = urlsOfProperties(commandLine.properties, placeOf).filter(({ place }) => !needs.some(({ target }) => covers(target, place)));
  return named.flatMap(({ name, place }) => {
    const token = held.find(({ target, isSuspended }) => !isSuspended && covers(target, place));
    if (token === undefined) return [];
    return {
      note: `-D${name} names ${formatTarget(place)}, where Maven goes without ${token.token}`,
      hint: "if it is a repository: name it in the POM or in a profile of ~/.m2/settings.xml, and Maven gets its token",
    };
  });
}

function filePlaces({ file }: Pick<Findings, "file">): Target[] {
  return file === undefined ? [] : [file];
}

function planThrough(findings: Findings, grants: readonly Grant[], doorway: Doorway): PlanThrough | WhyNotThrough {
  const { situation, publish } = findings;
  if (grants.length === 0) return { plan: planWith(findings, { grants, leftOut: [] }, DIRECTLY), permit: permitOf([]) };
  if (situation.isRerouted) {
    // To let Maven go there by itself would leave it to the project whether it gets the tokens.
    return { withheld: "the project brings proxies, which could answer in place of the gateway" };
  }
  const proxies = upstreamOf(
    [...situation.settings.proxies, ...proxiesBeside(situation)],
    grants.map(({ need }) => need.target),
    situation,
  );
  if (typeof proxies === "string") {
    return {
      withheld: `the gateway can't use the proxy in the settings, ${proxies === "login" ? "which wants a login" : "whose address only Maven knows"}`,
    };
  }
  const deployed = [...placesOfDeployment(findings.deployment), ...filePlaces(findings)];
  const routes = grants.map(({ need: { target } }): Route => ({
    target,
    isAuthorized: true,
    publishes: publish || deployed.some((place) => sameTarget(place, target)),
  }));
  return { plan: planWith(findings, { grants, leftOut: [] }, throughDoorway(doorway)), permit: { ...permitOf(routes), proxies } };
}

function permitOf(routes: readonly Route[]): PlanThrough["permit"] {
  return { addressing: "url", holder: "command", routes, publishes: false };
}

/** @param usable with notes of those that are not */
function planWith(
  findings: Findings,
  { grants, leftOut }: { readonly grants: readonly Grant[]; readonly leftOut: readonly string[] },
  access: Access,
): Plan {
  const { situation, deployment } = findings;
  const notes = [...(deployment !== undefined && "note" in deployment ? [deployment.note] : []), ...leftOut];
  const hints = deployment !== undefined && "note" in deployment ? [deployment.hint] : [];
  if (grants.length === 0) return { ...EMPTY_PLAN, notes, hints };
  const doors = openDoors(grants, findings.wiring, findings.mark);
  const door = access.isLoopback
    ? doors.find(({ grant }) => findings.file !== undefined && sameTarget(grant.need.target, findings.file))
    : undefined;
  const trailing = door === undefined ? {} : { trailing: leadFile(access.url(door.grant.need.target), door.id) };
  const merged = mergeSettings(situation.settings, additionsOf(doors, access, { ...findings, proxies: proxiesBeside(situation) }));
  const replaced = doors.flatMap(({ repositories, mirrors }) => [...repositories, ...mirrors.map(({ known }) => known.mirror.id)]);
  for (const { id } of situation.settings.servers.filter((server) => server.hasSecret && replaced.includes(server.id))) {
    notes.push(`${situation.settingsFile} has a secret of its own for the server ${id}, which is not used`);
    hints.push(`delete it there: Maven gets the token of toolkey for ${id}`);
  }
  return {
    ...EMPTY_PLAN,
    environment: findings.mavenArgs === undefined ? {} : { MAVEN_ARGS: findings.mavenArgs },
    arguments: ["-s", { descriptor: "settings" }],
    ...trailing,
    descriptors: { settings: new Secret(merged) },
    given: grants.map((grant) => ({ token: grant.token.id, place: placeText(grant) })),
    notes,
    hints,
  };
}

/**
 * What Maven would not send as it is: `${…}` is replaced, `{…}` is taken for encrypted, Maven 4 knows
 * escapes, spaces at the ends are cut off, and of Basic's characters there is only ASCII.
 */
function whyUnusable({ token, presents }: Grant, { showsSettings }: Findings): string | undefined {
  if (presents === "Bearer" && showsSettings) return "this goal would print it";
  const values = presents === "Bearer" ? [token.secret.reveal()] : [token.username ?? "", token.secret.reveal()];
  const isTaken = values.every((value) => /^[!-~]([ -~]*[!-~])?$/.test(value) && !/[{}\\]|\$__/.test(value));
  return isTaken ? undefined : "Maven does not take every character of it";
}

function defaultGoals({ project: { modules } }: Situation): string[] {
  return wordsOf(modules[0]?.poms.map(({ base }) => base.defaultGoal).find((goal) => goal !== undefined) ?? "");
}

function argsWithoutSettings({ environment }: RunRequest): string | undefined {
  const words = wordsOf(environment["MAVEN_ARGS"] ?? "");
  const kept = withoutSettings(words);
  return kept.length === words.length ? undefined : kept.join(" ");
}

function refused({ note, hint }: NothingGiven): Survey {
  return noNeeds({ ...EMPTY_PLAN, notes: note === undefined ? [] : [note], hints: hint === undefined ? [] : [hint] });
}
