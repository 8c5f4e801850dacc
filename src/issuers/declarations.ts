/** The services that toolkey knows. Facts and their sources: docs/services/. */
import { parseTarget } from "../core/target.ts";
import type { Service, ToolUse } from "./service.ts";

const DAY_S = 86_400;

/** How long a minted token lasts unless told otherwise, in seconds. */
export const DEFAULT_TTL_S = 30 * DAY_S;

/** The clients of npm registries; each gets a token of its own. */
export const NPM_TOOLS = ["npm", "pnpm", "yarn", "bun"] as const;

const NUXEO = "https://connect.nuxeo.com";
const NUXEO_PACKAGES = "https://packages.nuxeo.com";

/** Services at one place. */
export const DECLARED: readonly Service[] = [
  {
    name: "nuxeo",
    title: "Nuxeo Online Services",
    issuer: "nuxeo",
    url: NUXEO,
    page: `${NUXEO}/nuxeo/site/connect/tokens`,
    tools: {
      git: basic(`${NUXEO}/nuxeo/git`),
      maven: { ...basic(`${NUXEO}/nuxeo/site/studio/maven`), server: "nuxeo-studio" },
      nuxeoctl: basic(NUXEO),
      http: basic(`${NUXEO}/nuxeo/site/studio/v2`),
    },
    auto: false,
    ttl: DEFAULT_TTL_S,
  },
  {
    name: "nuxeo-packages",
    title: "Nuxeo packages (Nexus)",
    issuer: "nuxeo-packages",
    url: NUXEO_PACKAGES,
    page: `${NUXEO_PACKAGES}/#user/usertoken`,
    tools: { ...each(NPM_TOOLS, basic(`${NUXEO_PACKAGES}/repository`)), maven: basic(`${NUXEO_PACKAGES}/repository`) },
    auto: false,
    ttl: DEFAULT_TTL_S,
  },
  {
    name: "jfrog-connect",
    title: "JFrog Connect",
    issuer: "jfrog-connect",
    url: "https://api.connect.jfrog.io",
    page: "https://app.connect.jfrog.io/settings/access-tokens",
    tools: { http: bearer("https://api.connect.jfrog.io/api/v2") },
    auto: false,
    ttl: DEFAULT_TTL_S,
  },
  {
    name: "nordic",
    title: "Nordic Semiconductor files",
    issuer: "nordic",
    url: "https://files.nordicsemi.com",
    page: "https://files.nordicsemi.com/ui/user_profile",
    tools: {
      http: bearer("https://files.nordicsemi.com/artifactory"),
      ...each(NPM_TOOLS, bearer("https://files.nordicsemi.com/artifactory")),
      maven: basic("https://files.nordicsemi.com/artifactory"),
    },
    auto: false,
    ttl: DEFAULT_TTL_S,
  },
];

/** Kinds of services of which there are many: the instance is named `jfrog@acme.jfrog.io`. */
export const KINDS = {
  jfrog: {
    title: "JFrog platform",
    at: (name: string, url: string): Service => ({
      name,
      title: `JFrog platform at ${url}`,
      issuer: "jfrog",
      url,
      page: `${url}/ui/user_profile`,
      tools: {
        git: basic(`${url}/artifactory/api/lfs`),
        maven: basic(`${url}/artifactory`),
        ...each(NPM_TOOLS, bearer(`${url}/artifactory/api/npm`)),
        http: bearer(url),
      },
      auto: false,
      ttl: DEFAULT_TTL_S,
    }),
  },
  "npm-registry": {
    title: "npm registry",
    at: (name: string, url: string): Service => ({
      name,
      title: `npm registry at ${url}`,
      issuer: "npm-registry",
      url,
      tools: each(NPM_TOOLS, bearer(url)),
      auto: false,
      ttl: DEFAULT_TTL_S,
    }),
  },
} as const;

export type Kind = keyof typeof KINDS;

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

function basic(url: string): ToolUse {
  return { targets: [parseTarget(url)], presents: "Basic" };
}

function bearer(url: string): ToolUse {
  return { targets: [parseTarget(url)], presents: "Bearer" };
}

function each(tools: readonly string[], use: ToolUse): Record<string, ToolUse> {
  return Object.fromEntries(tools.map((tool) => [tool, use]));
}
