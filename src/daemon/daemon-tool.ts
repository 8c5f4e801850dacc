/** What the daemon does for one tool alone: in a folder of its own, with a line in `tools.ts`. Most tools have none. */
import type { ConfigurationInForce } from "./configuration/in-force.ts";
import type { Session } from "../broker/session.ts";
import type { Events } from "../core/event.ts";
import type { Logger } from "./log.ts";
import type { SessionPart } from "./granting/session-part.ts";
import type { ToolOperation, ToolWorld } from "./operations/tool-operation.ts";

export interface DaemonTool {
  /** By their names on the wire; loaded when somebody needs them. */
  readonly operations: ReadonlyMap<string, () => Promise<ToolOperation>>;
  /** What it has in a session besides its shims. */
  readonly session?: () => Promise<SessionPart>;
  /** Begins what goes on as long as the daemon runs; undefined if nothing has to. What goes wrong is for the log. */
  serve(world: ServingWorld): Promise<{ close(): void } | undefined>;
}

export type ServingWorld = ToolWorld & {
  readonly events: Events;
  readonly log: Logger;
  readonly configuration: ConfigurationInForce;
  readonly session: Session;
};
