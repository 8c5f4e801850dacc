/**
 * Maven: `-s` with the person's own settings, and in them servers and mirrors of ours
 * (docs/tools/maven.md, docs/decisions/0012-plans.md).
 */
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget, type Target } from "../../core/target.ts";
import { noNeeds, type Grant, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { wordsOf, withoutSettings } from "./command-line.ts";
import { deploymentOf, deploys, type Deployment, type Undeployable } from "./deployment.ts";
import { knownMirrors, knownRepositories, placeIn, type OwnedMirror } from "./known-repositories.ts";
import { distinct, Names } from "./place.ts";
import { mergeSettings, type AddedMirror, type AddedServer } from "./settings-merge.ts";
import { knowsOurNames, ownCommandLine, readSituation, type Refusal, type Situation } from "./situation.ts";
import { placesOf, wire, type Wiring } from "./wiring.ts";

/** What is known before there are tokens. */
export interface Findings {
  readonly settings: Situation["settings"];
  readonly settingsFile: string;
  readonly wiring: Wiring<OwnedMirror>;
  /** Undefined if nothing is deployed. */
  readonly deployment: Deployment | Undeployable | undefined;
  /** Whether Maven is told to print its settings, where it hides passwords but not headers. */
  readonly showsSettings: boolean;
  /** `MAVEN_ARGS` without the settings that it names, which would come before ours. */
  readonly mavenArgs: string | undefined;
  readonly mark: string;
}

/** The plugin writes the settings that it was started with, tokens and all, to a file for the Maven that it starts. */
const RELEASES = /^release:|:maven-release-plugin:/;

export async function maven(request: RunRequest, read: ReadText): Promise<Survey> {
  const own = ownCommandLine(request);
  if (own.isQuestion) return noNeeds(EMPTY_PLAN);
  if (own.goals.some((goal) => RELEASES.test(goal))) {
    return refused({
      note: "the release plugin writes the settings of Maven to a file in the directory for temporary files; nothing is given",
      hint: "check the tag out and deploy it: toolkey run -- mvn deploy",
    });
  }
  const situation = await readSituation(request, read);
  if (!("settings" in situation)) return refused(situation);
  const repositories = knownRepositories(situation);
  if (repositories.some(({ id }) => id.includes(request.mark))) return refused(knowsOurNames("a repository of the project"));
  const wiring = wire(repositories, { mirrors: knownMirrors(situation), declared: request.declared, isComplete: situation.project.unknown === undefined });
  const goals = situation.commandLine.goals.length > 0 ? situation.commandLine.goals : defaultGoals(situation);
  const findings: Findings = {
    settings: situation.settings,
    settingsFile: situation.settingsFile,
    wiring,
    deployment: deploys(goals) ? checkedDeployment(situation) : undefined,
    showsSettings: goals.some((goal) => goal.includes("effective-settings")),
    mavenArgs: argsWithoutSettings(request),
    mark: request.mark,
  };
  return {
    needs: distinct([...placesOf(wiring), ...placesOfDeployment(findings.deployment)]).map((target) => ({ target })),
    plan: (grants) => planMaven(findings, grants),
  };
}

function planMaven(findings: Findings, grants: readonly Grant[]): Plan {
  const notes: string[] = [];
  const hints: string[] = [];
  if (findings.deployment !== undefined && "note" in findings.deployment) {
    notes.push(findings.deployment.note);
    hints.push(findings.deployment.hint);
  }
  const usable = grants.filter((grant) => {
    const why = whyUnusable(grant, findings);
    if (why !== undefined) notes.push(`the maven token ${grant.token.id} is left out: ${why}`);
    return why === undefined;
  });
  if (usable.length === 0) return { ...EMPTY_PLAN, notes, hints };
  const names = new Names(findings.mark);
  const doors = usable.toSorted((a, b) => (urlOf(a) < urlOf(b) ? -1 : 1)).map((grant) => openDoor(grant, findings, names));
  const leading = doors.flatMap(({ url, mirrors }) => mirrors.map(({ id, known }) => ({ id, url, ...known })));
  const merged = mergeSettings(findings.settings, {
    servers: doors.flatMap(serversOf),
    mirrors: doors.map(pinOf),
    lastMirrors: leading.filter(({ owner }) => owner === "machine").map(({ id, mirrorOf, url }) => ({ id, mirrorOf, url })),
    renamed: leading.filter(({ owner }) => owner === "user").map(({ mirror, id, url }) => ({ mirror, id, url })),
    properties: { ...deploymentProperties(findings.deployment, doors), ...transportProperties(doors) },
    profile: `toolkey-${findings.mark}`,
  });
  const replaced = doors.flatMap(({ repositories, mirrors }) => [...repositories, ...mirrors.map(({ known }) => known.mirror.id)]);
  for (const { id } of findings.settings.servers.filter((server) => server.hasSecret && replaced.includes(server.id))) {
    notes.push(`${findings.settingsFile} has a secret of its own for the server ${id}, which is not used`);
    hints.push(`delete it there: Maven gets the token of toolkey for ${id}`);
  }
  return {
    environment: findings.mavenArgs === undefined ? {} : { MAVEN_ARGS: findings.mavenArgs },
    arguments: ["-s", { descriptor: "settings" }],
    descriptors: { settings: new Secret(merged) },
    given: usable.map((grant) => ({ token: grant.token.id, place: urlOf(grant) })),
    notes, hints,
  };
}

/** A place with its token, and by which names Maven gets there. */
interface Door {
  readonly grant: Grant;
  readonly url: string;
  /** Of its server and its mirror. */
  readonly id: string;
  /** The repositories that are there. */
  readonly repositories: readonly string[];
  /** Mirrors of others that lead there; each needs a name of its own, since Maven ignores a second mirror of a name. */
  readonly mirrors: readonly { readonly known: OwnedMirror; readonly id: string }[];
}

function openDoor(grant: Grant, { wiring }: Findings, names: Names): Door {
  const { target } = grant.need;
  const isHere = (place: Target | undefined): boolean => place !== undefined && sameTarget(place, target);
  return {
    grant,
    url: formatTarget(target),
    id: names.next(target),
    repositories: wiring.direct.filter(({ place }) => isHere(place)).map(({ id }) => id),
    mirrors: wiring.mirrors.filter(({ place }) => isHere(place)).map((known) => ({ known, id: names.next(target, known.mirror.id) })),
  };
}

/** The mirror that keeps every name of a door at its URL, whoever uses the name, and leads its repositories there. */
function pinOf({ id, url, repositories, mirrors }: Door): AddedMirror {
  return { id, url, mirrorOf: [id, ...mirrors.map((mirror) => mirror.id), ...repositories].join(",") };
}

function serversOf({ grant: { token, presents }, id, mirrors }: Door): AddedServer[] {
  const secret = token.secret.reveal();
  const credentials = presents === "Bearer" ? { authorization: `Bearer ${secret}` } : { username: token.username ?? "", password: secret };
  return [id, ...mirrors.map((mirror) => mirror.id)].map((name) => ({ id: name, credentials }));
}

function urlOf({ need }: Grant): string {
  return formatTarget(need.target);
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

function deploymentProperties(deployment: Findings["deployment"], doors: readonly Door[]): Record<string, string> {
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
      return [[name, deployment.syntax === "id::url" ? `${door.id}::${endedUrl(door)}` : `${door.id}::default::${endedUrl(door)}`]];
    }),
  );
}

/** POMs can use the property, and write more behind it: a URL without a path would go on into another host's name. */
function endedUrl({ url, grant }: Door): string {
  return grant.need.target.path.length === 0 ? `${url}/` : url;
}

/** What the configuration of a server says to wagon, said to the resolver's own transport of Maven 3.9. */
function transportProperties(doors: readonly Door[]): Record<string, string> {
  const ids = doors.filter(({ grant }) => grant.presents === "Bearer").flatMap(({ id, mirrors }) => [id, ...mirrors.map((mirror) => mirror.id)]);
  return Object.fromEntries(ids.map((id) => [`aether.connector.http.followRedirects.${id}`, "false"]));
}

function checkedDeployment(situation: Situation): Deployment | Undeployable | undefined {
  const found = deploymentOf(situation.project, situation);
  if (found === undefined || "note" in found) return found;
  const checked = (place: Target | undefined): Target | undefined => (place === undefined ? undefined : placeIn(situation, formatTarget(place)));
  return { ...found, releases: checked(found.releases), snapshots: checked(found.snapshots), only: checked(found.only) };
}

function placesOfDeployment(deployment: Findings["deployment"]): Target[] {
  if (deployment === undefined || "note" in deployment) return [];
  return [deployment.releases, deployment.snapshots, deployment.only].filter((place) => place !== undefined);
}

function defaultGoals({ project: { modules } }: Situation): string[] {
  return wordsOf(modules[0]?.poms.map(({ base }) => base.defaultGoal).find((goal) => goal !== undefined) ?? "");
}

function argsWithoutSettings({ environment }: RunRequest): string | undefined {
  const words = wordsOf(environment["MAVEN_ARGS"] ?? "");
  const kept = withoutSettings(words);
  return kept.length === words.length ? undefined : kept.join(" ");
}

function refused({ note, hint }: Refusal): Survey {
  return noNeeds({ ...EMPTY_PLAN, notes: note === undefined ? [] : [note], hints: hint === undefined ? [] : [hint] });
}
