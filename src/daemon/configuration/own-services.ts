/** The user's own services: `[service.NAME]` in config.toml. */
import * as z from "zod/mini";
import { duration } from "../../core/clock.ts";
import { DEFAULT_TTL_S, NPM_TOOLS } from "../../issuers/declarations.ts";
import { assertPrivate } from "../../issuers/registry.ts";
import type { IssuerName, Service, ToolUse } from "../../issuers/service.ts";
import { newTarget } from "../../protocols/new-target.ts";
import { TOOL_NAMES } from "../../protocols/tool-facts.ts";
import type { ToolName } from "../../protocols/tools.ts";
import { absolutePath, time } from "./setting-forms.ts";

const auth = z.optional(z.enum(["basic", "bearer"]));

/** What such a table may hold. */
export const ownService = z.strictObject({
  issuer: z._default(z.enum(["jfrog", "nordic", "npm-registry", "nuxeo", "none"]), "none"),
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

/** Where a person makes tokens, below the service's URL. */
const PAGES: Readonly<Partial<Record<IssuerName, string>>> = {
  jfrog: "/ui/user_profile",
  nordic: "/ui/user_profile",
  nuxeo: "/nuxeo/site/connect/tokens",
};

/** A table as a service. @throws Failure `usage` for a URL or a time that is none */
export function readOwnService(name: string, table: z.infer<typeof ownService>): Service {
  const url = table.url.replace(/\/+$/, "");
  assertPrivate(newTarget(url));
  const use = (tool: ToolName, url: string, how: z.infer<typeof auth>, otherwise: ToolUse["presents"]): ToolUse => ({
    targets: [newTarget(url, tool)],
    presents: how === undefined ? otherwise : PRESENTS[how],
    scope: table.scopes?.[tool],
  });
  const { git, maven, npm, http } = table;
  return {
    name,
    title: table.title ?? name,
    issuer: table.issuer,
    url,
    page: table.page ?? (PAGES[table.issuer] === undefined ? undefined : `${url}${PAGES[table.issuer]}`),
    tools: {
      ...(git === undefined ? {} : { git: use("git", git.url, git.auth, "Basic") }),
      ...(maven === undefined ? {} : { maven: { ...use("maven", maven.url, maven.auth, "Basic"), server: maven.server } }),
      ...(npm === undefined ? {} : Object.fromEntries(NPM_TOOLS.map((tool) => [tool, { ...use(tool, npm.registry, npm.auth, "Bearer"), npmScope: npm.scope }]))),
      ...(http === undefined ? {} : { http: use("http", http.url, http.auth, table.issuer === "none" || table.issuer === "nuxeo" ? "Basic" : "Bearer") }),
    },
    auto: table.auto ?? false,
    ttl: table.ttl === undefined ? DEFAULT_TTL_S : duration(table.ttl) / 1000,
    caFile: table.cacert,
  };
}

function byTool<Schema>(schema: Schema): Record<ToolName, Schema> {
  return Object.fromEntries(TOOL_NAMES.map((tool) => [tool, schema])) as Record<ToolName, Schema>;
}
