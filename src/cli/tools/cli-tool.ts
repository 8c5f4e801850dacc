/** What the command line does for a tool. Each that can be set up has one in its folder, `<tool>/tool.ts`, and a line in `tools.ts`. */
import type { Told } from "../../core/plan.ts";
import type { TokenView } from "../../core/tokens/token.ts";
import type { Context } from "../context.ts";
import type { Finding } from "../doctor/findings.ts";
import type { SecretFiles } from "../plaintext/secret-files.ts";
import type { ToolSetup } from "../setup/tool-setup.ts";

/** What takes code is loaded when it is asked for. */
export interface CliTool {
  /** The options of `toolkey setup` that are its own, each with what it does. */
  readonly options?: Readonly<Record<string, string>>;
  readonly setup: () => Promise<ToolSetup>;
  readonly doctor: () => Promise<Doctor>;
  /** Where it keeps secrets in plain text; absent for one that keeps none in files of its own. */
  readonly secrets?: () => Promise<SecretFiles>;
  /** What is said once it has a new token for a target. */
  readonly added?: () => Promise<(context: Context, target: string) => Promise<Told>>;
}

/** The checks of `toolkey doctor` for a tool. */
export interface Doctor {
  /** Those by the tokens of the vault: made if it opens. */
  ofTokens?(context: Context, tokens: readonly TokenView[]): Promise<readonly Finding[]>;
  /** Those that are always made. @param tokens of the vault, as far as it opens */
  always?(context: Context, tokens: readonly TokenView[]): Promise<readonly Finding[]>;
}
