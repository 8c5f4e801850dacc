import type { Target } from "../core/target.ts";

/** What makes, inspects and ends tokens: the kind of a service. `none` is a plain host. */
export type IssuerName = "jfrog" | "jfrog-connect" | "nordic" | "npm-registry" | "nuxeo" | "nuxeo-packages" | "none";

/** How one tool uses a service. */
export interface ToolUse {
  /** What its tokens are good for. */
  readonly targets: readonly Target[];
  /** Basic: user name and token; Bearer: the token alone. */
  readonly presents: "Basic" | "Bearer";
  /** The scope of tokens that are minted for it. */
  readonly scope?: string | undefined;
  /** Maven's server id for it. */
  readonly server?: string | undefined;
  /** The npm scope that is served there: `@acme`. */
  readonly npmScope?: string | undefined;
}

/** git is told with each token how to send it; for other tools it is looked up when they ask. */
export function authtypeFor(tool: string, use: ToolUse | undefined): "Bearer" | undefined {
  return tool === "git" && use?.presents === "Bearer" ? "Bearer" : undefined;
}

/** A place that accepts tokens, as a declaration. */
export interface Service {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly issuer: IssuerName;
  /** Where its interface begins: `https://host[:port]`, with a path where the service has one. */
  readonly url: string;
  /** The page on which a person makes and ends tokens. */
  readonly page?: string | undefined;
  /** By tool. The tool `toolkey` stands for toolkey itself and is not listed. */
  readonly tools: Readonly<Record<string, ToolUse>>;
  /** Whether the first request of a tool that has no token mints its own. */
  readonly auto: boolean;
  /** How long minted tokens last, in seconds. */
  readonly ttl: number;
  /** PEM file of certificates to trust for it. */
  readonly caFile?: string | undefined;
}
