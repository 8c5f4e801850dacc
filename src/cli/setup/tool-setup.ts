import { Failure } from "../../core/failure.ts";
import type { FileEdit } from "../../platform/files/file-edit.ts";
import type { Context } from "../context.ts";

/** There is nothing to be done for a tool, here or yet: a failure for who asked for that tool, and none for who asked for all. */
export class LeftAlone extends Failure {}

/** What setting a tool up, or taking that back, changes. */
export interface SetupPlan {
  readonly edits: readonly FileEdit[];
  /** When setting up: what an earlier setup made, and this one would not. */
  readonly takenBack?: readonly FileEdit[];
  /** What has to be done before the edits are made. */
  readonly beforehand?: () => Promise<void>;
  /** What is done and said once the edits are made. */
  readonly afterwards?: () => Promise<void> | void;
}

/** What a person may choose. */
export interface SetupChoice {
  /** Of the options that are the tool's own, those that are given. */
  readonly options: ReadonlySet<string>;
  /** The plan is to be shown, and not carried out. */
  readonly dryRun: boolean;
}

/** How a tool is made to ask toolkey. Both ways are idempotent: where nothing is to be done, no edit changes anything. */
export interface ToolSetup {
  /** What the tool does once it is set up: `git asks toolkey`. */
  readonly effect: string;
  /** @throws Failure, with nothing changed */
  setUp(context: Context, choice: SetupChoice): Promise<SetupPlan>;
  /** @throws Failure, with nothing changed */
  undo(context: Context): Promise<SetupPlan>;
}
