/** The user's own services: `[service.NAME]` in config.toml. */
import * as z from "zod/mini";
import { duration } from "../core/clock.ts";
import { absolutePath, time } from "../platform/setting-forms.ts";
import { newTarget } from "../protocols/new-target.ts";
import { TOOL_NAMES } from "../protocols/tool-facts.ts";
import type { ToolName } from "../protocols/tools.ts";
import type { Issuer, ToolPlace } from "./issuer.ts";
import { ISSUERS } from "./issuers.ts";
import { NPM_TOOLS } from "./npm-tools.ts";
import { assertPrivate } from "./registry.ts";
import { serviceOf, type Service } from "./service.ts";

/** Of a host of which nothing is known. */
const NONE: Issuer = { name: "none", bearer: NPM_TOOLS, describes: false };

/** Whose services a person can have: those where something can be done by program, and any host. */
const OFFERED: readonly Issuer[] = [
  ...ISSUERS.filter(({ inspect }) => inspect !== undefined).toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  NONE,
];

const auth = z.optional(z.enum(["basic", "bearer"]));

/** What such a table may hold. */
export const ownService = z.strictObject({
  issuer: z._default(z.enum(OFFERED.map(({ name }) => name)), NONE.name),
  url: z.string(),
  title: z.optional(z.string()),
  page: z.optional(z.string()),
  auto: z.optional(z.boolean()),
  ttl: z.optional(time),
  cacert: z.optional(absolutePath),
  /** The scope of minted tokens, by tool. */
  scopes: z.optional(z.strictObject(byTool(z.optional(z.string())))),
  git: z.optional(z.strictObject({ url: z.string(), auth })),
  maven: z.optional(z.strictObject({ server: z.string(), url: z.string(), auth })),
  npm: z.optional(z.strictObject({ scope: z.optional(z.string()), registry: z.string(), auth })),
  http: z.optional(z.strictObject({ url: z.string(), auth })),
});

const PRESENTS = { basic: "Basic", bearer: "Bearer" } as const;

/** A table as a service. @throws Failure `usage` for a URL or a time that is none */
export function readOwnService(name: string, table: z.infer<typeof ownService>): Service {
  const url = table.url.replace(/\/+$/, "");
  assertPrivate(newTarget(url));
  const { git, maven, npm, http } = table;
  const place = (tool: ToolName, at: string, how: z.infer<typeof auth>): ToolPlace => ({
    url: at,
    presents: how && PRESENTS[how],
    scope: table.scopes?.[tool],
  });
  return serviceOf(OFFERED.find((issuer) => issuer.name === table.issuer) ?? NONE, {
    name,
    title: table.title ?? name,
    url,
    page: table.page,
    tools: {
      ...(git && { git: place("git", git.url, git.auth) }),
      ...(maven && { maven: { ...place("maven", maven.url, maven.auth), server: maven.server } }),
      ...(npm && Object.fromEntries(NPM_TOOLS.map((tool) => [tool, { ...place(tool, npm.registry, npm.auth), npmScope: npm.scope }]))),
      ...(http && { http: place("http", http.url, http.auth) }),
    },
    auto: table.auto,
    ttl: table.ttl === undefined ? undefined : duration(table.ttl) / 1000,
    caFile: table.cacert,
  });
}

function byTool<Schema>(schema: Schema): Record<ToolName, Schema> {
  return Object.fromEntries(TOOL_NAMES.map((tool) => [tool, schema])) as Record<ToolName, Schema>;
}
