import type { Presentation } from "../core/tokens/token.ts";
import { PRESENT_BARE } from "../protocols/tool-facts.ts";
import { newTarget } from "../protocols/new-target.ts";
import type { Target } from "../core/target.ts";
import type { Declared, ToolPlace } from "./declared.ts";
import type { Issuer } from "./issuer.ts";
import type { SignInPage } from "./sign-in-page.ts";

/** How long a minted token lasts unless told otherwise, in seconds. */
const DEFAULT_TTL_S = 30 * 86_400;

/** How one tool uses a service. */
export interface ToolUse extends Pick<ToolPlace, "scope" | "server" | "npmScope" | "username"> {
  /** What its tokens are good for. */
  readonly targets: readonly Target[];
  readonly presents: Presentation;
}

/** git is told with each token how to send it; for other tools it is looked up when they ask. */
export function authtypeFor(tool: string, use: ToolUse | undefined): "Bearer" | undefined {
  return tool === "git" && use?.presents === "Bearer" ? "Bearer" : undefined;
}

/** A place that accepts tokens, with what makes, inspects and ends them. */
export interface Service extends Pick<Declared, "name" | "title" | "url" | "page" | "caFile" | "command" | "client"> {
  readonly issuer: Issuer;
  /** By tool. The tool `toolkey` stands for toolkey itself and is not listed. */
  readonly tools: Readonly<Record<string, ToolUse>>;
  /** Whether the first request of a tool that has no token mints its own. */
  readonly auto: boolean;
  /** How long minted tokens last, in seconds. */
  readonly ttl: number;
}

/** The page at which a person signs in there; undefined also where that needs a client, and there is none. */
export function signInPageOf({ issuer: { signInPage, client: wanted }, client }: Service): SignInPage | undefined {
  return wanted !== undefined && client === undefined ? undefined : signInPage;
}

/** A declaration as a service; what it leaves out is as with all services of its issuer. @throws Failure `usage` for a URL that is none */
export function serviceOf(issuer: Issuer, declared: Declared): Service {
  const url = declared.url.replace(/\/+$/, "");
  const { page = issuer.page === undefined ? undefined : `${url}${issuer.page}`, auto = false, ttl = DEFAULT_TTL_S } = declared;
  const tools = Object.entries(declared.tools).map(([tool, { url: place, presents: own, ...more }]): [string, ToolUse] => {
    const presents = own ?? (issuer.bearer.includes(tool) ? "Bearer" : PRESENT_BARE.includes(tool) ? "Bare" : "Basic");
    const username = more.username ?? (presents === "Basic" ? issuer.username : undefined);
    return [tool, { ...more, scope: more.scope ?? issuer.scopes?.[tool], username, targets: [newTarget(place, tool)], presents }];
  });
  return { ...declared, url, issuer, page, auto, ttl, tools: Object.fromEntries(tools) };
}
