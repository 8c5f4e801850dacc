/** A settings.xml: what it says of servers, mirrors and profiles, and where in its text. */
import type { ProfileChoice } from "../command-line.ts";
import { activity, readProfile, type Profile } from "../project/profile.ts";
import { readProxy, type SettingsProxy } from "../places/proxies.ts";
import { readProperties, readRepositories, type Repository } from "../project/repository.ts";
import { child, childrenOf, childText, isFault, readXml, type Element, type XmlFault } from "../../text/xml.ts";

export interface SettingsDocument {
  readonly text: string;
  readonly root: Element;
  readonly localRepository: string | undefined;
  readonly servers: readonly SettingsServer[];
  readonly mirrors: readonly SettingsMirror[];
  readonly profiles: readonly SettingsProfile[];
  readonly activeProfiles: ReadonlySet<string>;
  readonly proxies: readonly SettingsProxy[];
}

interface SettingsServer {
  readonly id: string;
  /** Whether it has a password or a header of its own. */
  readonly hasSecret: boolean;
}

export interface SettingsMirror {
  readonly element: Element;
  readonly id: string;
  readonly mirrorOf: string;
  /** As it is written, with expressions. */
  readonly url: string;
  readonly isBlocked: boolean;
  /** Whether it is for repositories of Maven's usual layout. */
  readonly isUsual: boolean;
}

interface SettingsProfile extends Profile {
  readonly properties: ReadonlyMap<string, string>;
  readonly repositories: readonly Repository[];
}

/** What is merged into where the person has no settings. */
export const NO_SETTINGS = "<settings>\n</settings>\n";

export async function readSettings(text: string): Promise<SettingsDocument | XmlFault> {
  const root = await readXml(text);
  if (isFault(root)) return root;
  if (root.name !== "settings") return { line: 1, column: 0, reason: "it is not <settings>" };
  return {
    text, root,
    localRepository: childText(root, "localRepository"),
    servers: childrenOf(root, "servers", "server").map((server) => ({
      id: childText(server, "id") ?? "default",
      hasSecret: child(server, "password") !== undefined || child(server, "configuration", "httpHeaders") !== undefined,
    })),
    mirrors: childrenOf(root, "mirrors", "mirror").map(readMirror),
    profiles: childrenOf(root, "profiles", "profile").map((profile) => ({
      ...readProfile(profile),
      properties: readProperties(profile),
      repositories: readRepositories(profile),
    })),
    activeProfiles: new Set(childrenOf(root, "activeProfiles", "activeProfile").map(({ text: id }) => id)),
    proxies: childrenOf(root, "proxies", "proxy").map((proxy) => readProxy(proxy, text)),
  };
}

/** The profiles that are or may be active, with the choice of the command line. */
export function profilesInUse({ profiles, activeProfiles }: SettingsDocument, choice: ProfileChoice): readonly SettingsProfile[] {
  const all = { on: new Set([...choice.on, ...activeProfiles]), off: choice.off };
  // Of the settings, those that are active by default stay so besides others.
  return profiles.filter((profile) => activity(profile, [], all) !== "inactive");
}

function readMirror(element: Element): SettingsMirror {
  return {
    element,
    id: childText(element, "id") ?? "default",
    mirrorOf: childText(element, "mirrorOf") ?? "",
    url: childText(element, "url") ?? "",
    isBlocked: childText(element, "blocked") === "true",
    isUsual: (childText(element, "mirrorOfLayouts") ?? "default").split(",").some((layout) => /^\s*(\*|default)\s*$/.test(layout)),
  };
}
