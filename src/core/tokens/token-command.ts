/** The command by which a token is fetched, in the place of a secret that is kept (docs/decisions/0032-fetched-tokens.md). */
import { isDeepStrictEqual } from "node:util";

export interface TokenCommand {
  /** The program, an absolute path, and its arguments: no shell reads them. */
  readonly argv: readonly [program: string, ...argumentsOfIt: string[]];
  /** What it has in its environment besides what belongs to the session, as a person confirmed it. */
  readonly variables: Readonly<Record<string, string>>;
  /** How long what it prints is good, in seconds, where that doesn't say. */
  readonly lifetime?: number | undefined;
  /** Its service has it, in config.toml: if that says another one, this one is not run. */
  readonly ofService?: true | undefined;
}

/** By which programs find a person's sign-in, and which of several it is. None of them holds a secret. */
const PROFILES = [
  "HOME", "PATH", "LANG", "XDG_CONFIG_HOME",
  "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_REGION", "AWS_DEFAULT_REGION",
  "CLOUDSDK_CONFIG", "CLOUDSDK_ACTIVE_CONFIG_NAME", "CLOUDSDK_CORE_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS",
  "AZURE_CONFIG_DIR", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID",
  "VAULT_ADDR", "VAULT_NAMESPACE", "OP_ACCOUNT", "KUBECONFIG", "GH_CONFIG_DIR", "GH_HOST", "GLAB_CONFIG_DIR", "KRB5_CONFIG",
] as const;

/** Of a person's environment, what a command is to have. */
export function profileVariables(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const named = PROFILES.map((name) => [name, environment[name]] as const);
  return Object.fromEntries(named.filter((entry): entry is [(typeof PROFILES)[number], string] => entry[1] !== undefined));
}

/** Whether two commands are the same to a person: what they have in their environment may differ. */
export function sameCommand(one: Pick<TokenCommand, "argv" | "lifetime">, other: Pick<TokenCommand, "argv" | "lifetime">): boolean {
  return one.lifetime === other.lifetime && isDeepStrictEqual([...one.argv], [...other.argv]);
}
