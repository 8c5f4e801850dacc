/** One pom.xml, as it is written: what it says of other POMs, of repositories and of deployment. */
import { readProfile, type Profile } from "./profile.ts";
import { readProperties, readRepositories, readRepository, type Repository } from "./repository.ts";
import { child, childrenOf, childText, isFault, readXml, type Element, type XmlFault } from "../../text/xml.ts";

export interface Pom {
  /** Of the project itself; what it has from its parent is not filled in. */
  readonly coordinates: Coordinates;
  readonly parent: (Coordinates & { /** `""` for none. */ readonly relativePath: string }) | undefined;
  readonly base: Section;
  readonly profiles: readonly (Profile & Section)[];
}

export interface Coordinates {
  readonly groupId: string | undefined;
  readonly artifactId: string | undefined;
  readonly version: string | undefined;
}

/** What a POM and its profiles alike may say. */
export interface Section {
  readonly properties: ReadonlyMap<string, string>;
  readonly repositories: readonly Repository[];
  readonly modules: readonly string[];
  /** Where it deploys releases and snapshots to. */
  readonly releases: Repository | undefined;
  readonly snapshots: Repository | undefined;
  /** The version of maven-deploy-plugin. */
  readonly deployPlugin: string | undefined;
  readonly defaultGoal: string | undefined;
}

/** More has no honest project; every question about it goes through all of them. */
const MAX_PROFILES = 200;

export async function readPom(text: string): Promise<Pom | XmlFault> {
  const root = await readXml(text);
  if (isFault(root)) return root;
  if (root.name !== "project") return { line: 1, column: 0, reason: "it is not <project>" };
  const parent = child(root, "parent");
  return {
    coordinates: readCoordinates(root),
    parent:
      parent === undefined ? undefined : { ...readCoordinates(parent), relativePath: child(parent, "relativePath")?.text ?? "../pom.xml" },
    base: readSection(root),
    profiles: childrenOf(child(root, "profiles"), "profile")
      .slice(0, MAX_PROFILES)
      .map((profile) => ({ ...readProfile(profile), ...readSection(profile) })),
  };
}

function readCoordinates(element: Element): Coordinates {
  return { groupId: childText(element, "groupId"), artifactId: childText(element, "artifactId"), version: childText(element, "version") };
}

function readSection(element: Element): Section {
  const deployed = (name: string): Repository | undefined => {
    const found = child(element, "distributionManagement", name);
    return found === undefined ? undefined : readRepository(found, "repository");
  };
  const listed = (list: string, name: string): string[] =>
    childrenOf(child(element, list), name)
      .map(({ text }) => text)
      .filter((text) => text !== "");
  return {
    properties: readProperties(element),
    repositories: readRepositories(element),
    modules: [...listed("modules", "module"), ...listed("subprojects", "subproject")],
    releases: deployed("repository"),
    snapshots: deployed("snapshotRepository"),
    deployPlugin: [child(element, "build", "plugins"), child(element, "build", "pluginManagement", "plugins")]
      .flatMap((plugins) => childrenOf(plugins, "plugin"))
      .filter((plugin) => childText(plugin, "artifactId") === "maven-deploy-plugin")
      .map((plugin) => childText(plugin, "version"))
      .find((version) => version !== undefined),
    defaultGoal: childText(element, "build", "defaultGoal"),
  };
}
