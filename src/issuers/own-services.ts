/** The user's own services: `[service.NAME]` in config.toml. */
import * as z from "zod/mini";
import { duration } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { absolutePath, programWithArguments, time } from "../platform/setting-forms.ts";
import { newTarget } from "../protocols/new-target.ts";
import { TOOL_NAMES } from "../protocols/tool-facts.ts";
import type { ToolName } from "../protocols/tools.ts";
import type { FetchCommand, Issuer, ToolPlace } from "./issuer.ts";
import { ISSUERS } from "./issuers.ts";
import { NPM_TOOLS } from "./npm-tools.ts";
import { assertPrivate } from "./registry.ts";
import { serviceOf, type Service } from "./service.ts";

/** Of a host of which nothing is known. */
const NONE: Issuer = { name: "none", bearer: NPM_TOOLS, describes: false };

/** Of a host whose tokens a command of the person's prints. */
const COMMAND: Issuer = { name: "command", bearer: [...NPM_TOOLS, "http"], describes: false };

/** Whose services a person can have: those where something can be done by program, and any host. */
const OFFERED: readonly Issuer[] = [
  ...ISSUERS.filter(({ inspect }) => inspect !== undefined).toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  COMMAND,
  NONE,
];

const auth = z.optional(z.enum(["basic", "bearer"]));
const username = z.optional(z.string().check(z.minLength(1)));

/** What such a table may hold. */
export const ownService = z.strictObject({
  issuer: z._default(z.enum(OFFERED.map(({ name }) => name)), NONE.name),
  url: z.string(),
  /** Of an app that the person has registered there. */
  app_id: z.optional(z.string().check(z.minLength(1))),
  title: z.optional(z.string()),
  page: z.optional(z.string()),
  auto: z.optional(z.boolean()),
  ttl: z.optional(time),
  cacert: z.optional(absolutePath),
  /** The program, and its arguments. */
  command: z.optional(programWithArguments),
  /** The scope of minted tokens, by tool. */
  scopes: z.optional(z.strictObject(byTool(z.optional(z.string())))),
  git: z.optional(z.strictObject({ url: z.string(), auth, username })),
  maven: z.optional(z.strictObject({ server: z.string(), url: z.string(), auth, username })),
  npm: z.optional(z.strictObject({ scope: z.optional(z.string()), registry: z.string(), auth, username })),
  http: z.optional(z.strictObject({ url: z.string(), auth, username })),
});

const PRESENTS = { basic: "Basic", bearer: "Bearer" } as const;

/** A table as a service. @throws Failure `usage` for a URL or a time that is none */
export function readOwnService(name: string, table: z.infer<typeof ownService>): Service {
  const url = table.url.replace(/\/+$/, "");
  assertPrivate(newTarget(url));
  const { git, maven, npm, http } = table;
  const lifetime = table.ttl === undefined ? undefined : duration(table.ttl) / 1000;
  assertCommand(table);
  const place = (tool: ToolName, at: string, how: HowPresented): ToolPlace => ({
    url: at,
    presents: how.auth && PRESENTS[how.auth],
    scope: table.scopes?.[tool],
    username: how.username,
  });
  return serviceOf(issuerOf(table), {
    name,
    title: table.title ?? name,
    url,
    page: table.page,
    tools: {
      ...(git && { git: place("git", git.url, git) }),
      ...(maven && { maven: { ...place("maven", maven.url, maven), server: maven.server } }),
      ...(npm && Object.fromEntries(NPM_TOOLS.map((tool) => [tool, { ...place(tool, npm.registry, npm), npmScope: npm.scope }]))),
      ...(http && { http: place("http", http.url, http) }),
    },
    auto: table.auto,
    ttl: lifetime,
    caFile: table.cacert,
    command: table.command && { argv: programOf(table.command), lifetime },
  });
}

/** @throws Failure `usage` for the app of a service that has none */
function issuerOf({ issuer: name, app_id: appId }: z.infer<typeof ownService>): Issuer {
  const issuer = OFFERED.find((offered) => offered.name === name) ?? NONE;
  if (appId === undefined) return issuer;
  const own = issuer.withApp?.(appId);
  if (own !== undefined) return own;
  const having = OFFERED.flatMap((offered) => (offered.withApp === undefined ? [] : [`issuer = "${offered.name}"`]));
  throw new Failure("usage", `'${name}' has no apps`, { hint: `app_id is for ${having.join(", ")}` });
}

function programOf([program = "", ...rest]: readonly string[]): FetchCommand["argv"] {
  return [program, ...rest];
}

/** How the tokens of one tool are presented. */
interface HowPresented {
  readonly auth?: z.infer<typeof auth>;
  readonly username?: string | undefined;
}

/** @throws Failure `usage` for what fits together with no command, or with none but one */
function assertCommand(table: z.infer<typeof ownService>): void {
  const isFetched = table.issuer === COMMAND.name;
  if (isFetched !== (table.command !== undefined)) {
    throw new Failure("usage", isFetched ? "there is no command" : "a command is run for issuer = \"command\" only", {
      hint: 'issuer = "command", and command = ["/usr/bin/aws", "codeartifact", "get-authorization-token", "--domain", "acme"]',
    });
  }
  if (isFetched || [table.git, table.maven, table.npm, table.http].every((tool) => tool?.username === undefined)) return;
  throw new Failure("usage", "a user name is for tokens that a command prints; others have one each", {
    hint: `toolkey add ${table.title ?? "SERVICE"} --username NAME`,
  });
}

function byTool<Schema>(schema: Schema): Record<ToolName, Schema> {
  return Object.fromEntries(TOOL_NAMES.map((tool) => [tool, schema])) as Record<ToolName, Schema>;
}
