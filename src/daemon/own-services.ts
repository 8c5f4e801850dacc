/** The user's own services: `[service.NAME]` in config.toml. */
import * as z from "zod/mini";
import { duration } from "../core/clock.ts";
import { parseTarget } from "../core/target.ts";
import { DEFAULT_TTL_S, NPM_TOOLS } from "../issuers/declarations.ts";
import { assertPrivate } from "../issuers/registry.ts";
import type { IssuerName, Service, ToolUse } from "../issuers/service.ts";
import { absolutePath, time } from "./setting-forms.ts";

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
  scopes: z.optional(z.record(z.string(), z.string())),
  git: z.optional(z.strictObject({ url: z.string() })),
  maven: z.optional(z.strictObject({ server: z.string(), url: z.string() })),
  npm: z.optional(z.strictObject({ scope: z.optional(z.string()), registry: z.string() })),
  http: z.optional(z.strictObject({ url: z.string() })),
});

/** Where a person makes tokens, below the service's URL. */
const PAGES: Readonly<Partial<Record<IssuerName, string>>> = {
  jfrog: "/ui/user_profile",
  nordic: "/ui/user_profile",
  nuxeo: "/nuxeo/site/connect/tokens",
};

/** A table as a service. @throws Failure `usage` for a URL or a time that is none */
export function readOwnService(name: string, table: z.infer<typeof ownService>): Service {
  const url = table.url.replace(/\/+$/, "");
  assertPrivate(parseTarget(url));
  const presents = table.issuer === "none" || table.issuer === "nuxeo" ? "Basic" : "Bearer";
  const use = (tool: string, url: string, how: ToolUse["presents"]): ToolUse => ({
    targets: [parseTarget(url)],
    presents: how,
    scope: table.scopes?.[tool],
  });
  const registry = table.npm?.registry;
  return {
    name,
    title: table.title ?? name,
    issuer: table.issuer,
    url,
    page: table.page ?? (PAGES[table.issuer] === undefined ? undefined : `${url}${PAGES[table.issuer]}`),
    tools: {
      ...(table.git === undefined ? {} : { git: use("git", table.git.url, "Basic") }),
      ...(table.maven === undefined ? {} : { maven: { ...use("maven", table.maven.url, "Basic"), server: table.maven.server } }),
      ...(registry === undefined ? {} : Object.fromEntries(NPM_TOOLS.map((tool) => [tool, { ...use(tool, registry, presents), npmScope: table.npm?.scope }]))),
      ...(table.http === undefined ? {} : { http: use("http", table.http.url, presents) }),
    },
    auto: table.auto ?? false,
    ttl: table.ttl === undefined ? DEFAULT_TTL_S : duration(table.ttl) / 1000,
    caFile: table.cacert,
  };
}
