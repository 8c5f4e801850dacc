/** Where a command deploys to. */
import type { Target } from "../../../core/target.ts";
import { interpolate, type Lookup } from "../project/interpolation.ts";
import { candidates, valuesOf } from "../project/lineage.ts";
import type { CommandLine } from "../command-line.ts";
import { placeOf } from "./place.ts";
import type { Lineage, Project } from "../project/project.ts";

/** Undefined where nothing is given. */
export interface Deployment {
  readonly releases: Target | undefined;
  readonly snapshots: Target | undefined;
  /** `id::url`, which deploy-plugin 3 takes; 2 wants `id::default::url`, and 3 takes that with a warning. */
  readonly syntax: "id::url" | "id::default::url";
  /** For deploy-plugin before 2.8, which knows one place only, if it may be one of these. */
  readonly only: Target | undefined;
}

/** Why nothing can be given for a deployment, and what to do about it. */
export interface Undeployable {
  readonly note: string;
  readonly hint: string;
}

const ALT = "altDeploymentRepository";
const ALT_RELEASES = "altReleaseDeploymentRepository";
const ALT_SNAPSHOTS = "altSnapshotDeploymentRepository";

/** Whether goals and phases deploy. */
export function deploys(goals: readonly string[]): boolean {
  return goals.some((goal) => /^((before|at|after):)?deploy$|^deploy:deploy(@|$)|:maven-deploy-plugin:([^:]*:)?deploy(@|$)/.test(goal));
}

/**
 * @param properties of the settings' profiles, which come before the POM's
 * @returns undefined if nothing is said about a deployment at all
 */
export function deploymentOf(
  project: Project,
  { commandLine, properties, lookup }: { commandLine: CommandLine; properties: ReadonlyMap<string, string>; lookup: Lookup },
): Deployment | Undeployable | undefined {
  const view = { choice: commandLine.profiles, lookup };
  const facts = project.modules.map((module) => factsOf(module, view));
  const plugin = same(facts.map(({ plugin: version }) => version));
  if (commandLine.properties.has(ALT_RELEASES) || commandLine.properties.has(ALT_SNAPSHOTS)) {
    return refusal("what -D says of releases and snapshots can't be changed", `-D${ALT}=ID::default::URL instead`);
  }
  const said = commandLine.properties.get(ALT);
  const alternative = said ?? properties.get(ALT);
  const single = alternative === undefined ? undefined : urlOf(alternative, lookup);
  if (said !== undefined && isBefore28(plugin))
    return refusal(`maven-deploy-plugin ${plugin ?? ""} takes -D${ALT} as it is`, "a newer version of it");
  const settled = (name: string): string | undefined => {
    const value = said === undefined ? properties.get(name) : undefined;
    return value === undefined ? single : urlOf(value, lookup);
  };
  let releases = settled(ALT_RELEASES);
  let snapshots = settled(ALT_SNAPSHOTS);
  if (releases === undefined || snapshots === undefined) {
    if (project.unknown !== undefined) return refusal(project.unknown, "'mvn validate' once, then Maven has it");
    const [first, ...others] = facts;
    if (first === undefined || facts.every((each) => each.releases === "none" && each.snapshots === "none")) return undefined;
    if (others.some((other) => other.releases !== first.releases || other.snapshots !== first.snapshots)) {
      return refusal("its modules deploy to different places", "deploy them one by one with -f");
    }
    if (first.releases === "unknown" || first.snapshots === "unknown") {
      return refusal("where it deploys to depends on what only Maven knows", `-D${ALT}=ID::default::URL`);
    }
    releases ??= first.releases;
    snapshots ??= first.snapshots;
  }
  const places = { releases: placeOf(releases), snapshots: placeOf(snapshots) };
  const isSnapshot = same(facts.map((each) => each.isSnapshot));
  const sole =
    releases === snapshots ? places.releases : isSnapshot === undefined ? undefined : isSnapshot ? places.snapshots : places.releases;
  return {
    ...places,
    syntax: plugin !== undefined && Number.parseInt(plugin, 10) >= 3 ? "id::url" : "id::default::url",
    only: plugin === undefined || isBefore28(plugin) ? sole : undefined,
  };
}

/** What a module's POMs say; `none` is nothing, `unknown` something that only Maven knows. */
interface Facts {
  readonly releases: string;
  readonly snapshots: string;
  readonly plugin: string | undefined;
  readonly isSnapshot: boolean | undefined;
}

function factsOf({ poms }: Lineage, view: { choice: CommandLine["profiles"]; lookup: Lookup }): Facts {
  const values = valuesOf(poms, view);
  const only = (pick: Parameters<typeof candidates<string>>[2]): string => {
    const found = candidates(poms, view.choice, pick).map((text) => interpolate(text, values));
    return found.length === 0 ? "none" : (same(found) ?? "unknown");
  };
  const releases = only((section) => section.releases?.url);
  const snapshots = only((section) => section.snapshots?.url);
  const plugin = only((section) => section.deployPlugin);
  const version = interpolate("${project.version}", values);
  return {
    releases,
    // Without a place of their own, snapshots go where releases go.
    snapshots: snapshots === "none" ? releases : snapshots,
    plugin: /^\d/.test(plugin) ? plugin : undefined,
    isSnapshot: version?.endsWith("-SNAPSHOT"),
  };
}

/** The value of all; undefined if they differ, or one is. */
function same<Value>(values: readonly Value[]): Value | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

/** `id::url`, or `id::layout::url`. */
function urlOf(alternative: string, lookup: Lookup): string {
  return (
    interpolate(alternative, lookup)
      ?.split("::")
      .slice(1)
      .findLast((part) => /^[a-z+:]+:\/\//i.test(part.trim()))
      ?.trim() ?? "unknown"
  );
}

function isBefore28(version: string | undefined): boolean {
  const [, minor] = /^2\.(\d+)/.exec(version ?? "") ?? [];
  return minor !== undefined && Number(minor) < 8;
}

function refusal(why: string, hint: string): Undeployable {
  return { note: `nothing is given for deploying: ${why}`, hint };
}
