/** What is known of a tool. Each has one in its folder, `<tool>/tool.ts`, and a line in `tools.ts`. */
import type { CredentialProtocol } from "./credential-protocol.ts";
import type { Effect, ToolProtocol } from "./tool-protocol.ts";

export interface Tool {
  /** The programs that it is started by. */
  readonly programs: readonly string[];
  /** A pattern of the names of its scripts, where node runs them. */
  readonly scripts?: string;
  /** A pattern of the variables that configure it, in upper or lower case: no others leave the client. */
  readonly variables?: string;
  /** Those of its programs that have no way to ask toolkey by themselves: `toolkey shell-init` makes functions of them. */
  readonly withoutHook?: readonly string[];
  /** There is nothing to set up: a command that gets its tokens. */
  readonly insteadOfSetup?: string;
  /** It logs in by a user name, wherever no service says otherwise. */
  readonly logsInByName?: true;
  /** It takes its tokens in variables: `--env`. */
  readonly takesVariables?: true;
  /** How it asks for credentials by itself: then it is told of what else there is by no other operation but `plan`. */
  readonly credentials?: () => Promise<CredentialProtocol>;
  /** From a command to what it needs, and from that to its plan. */
  readonly protocol: () => Promise<ToolProtocol>;
  /** What it asks for through the gateway; absent for one that asks for nothing there. */
  readonly requests?: () => Promise<ToolRequests>;
}

/** What a tool asks for at the place of its token. */
export interface ToolRequests {
  /**
   * @param segments of the path below the place of the token, decoded
   * @returns undefined for what it never asks there
   */
  effectOf(method: string, segments: readonly string[]): Effect | undefined;
  /**
   * What is closed to it nevertheless, since tokens are made there: nothing, where it asks for files that are never there; what is
   * known and no registry's; or whatever has a name like that.
   */
  readonly closed: "nothing" | "beyond-registry" | "by-name";
}
