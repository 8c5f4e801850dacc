/** Variables that settings name in place of a secret: `_authToken=${NPM_TOKEN}`. Pure. */
import { CREDENTIAL } from "../distrust.ts";
import type { Settings } from "./settings.ts";

/** Credentials of a registry that a client takes before those of the user. */
export interface OwnCredential {
  /** The registry, as `//host/path/`. */
  readonly place: string;
  readonly source: string;
  /** The name of the variable that it is taken from. */
  readonly variable: string | undefined;
}

export function ownCredentials(settings: readonly Settings[]): OwnCredential[] {
  return settings.flatMap(({ source, values }) =>
    [...values].flatMap(([key, value]) => {
      const [, place] = CREDENTIAL.exec(key) ?? [];
      return place === undefined ? [] : [{ place, source, variable: variableIn(value) }];
    }),
  );
}

/** Also as bun writes it, if that is all: `$NPM_TOKEN`. */
export function variableIn(value: string): string | undefined {
  const [, braced, bare] = /\$\{([A-Za-z_]\w*)|^\$([A-Za-z_]\w*)$/.exec(value) ?? [];
  return braced ?? bare;
}

/** Whether a command has no such variable. Where its variables are not told, it may have it. */
export function isUnset(variable: string, { variableNames }: { readonly variableNames?: readonly string[] }): boolean {
  return variableNames?.includes(variable) === false;
}

/** A secret that a file takes from a variable. */
export interface Placeholder {
  readonly variable: string;
  readonly source: string;
}

/** Names that a project may have made empty: of secrets, and of none that a client or Node is configured with. */
const OF_SECRETS = /(TOKEN|AUTH|PASS(WORD)?|SECRET|KEY|CREDENTIALS?)$/;
const OF_CLIENTS = /^((npm|pnpm|bun)_config|toolkey|git|ssh)_/i;

/**
 * For a client that does not start where a file names a variable that isn't set: variables that are set to nothing, with
 * which it takes what toolkey gives it.
 */
export function emptied(
  program: string,
  placeholders: readonly Placeholder[],
  command: { readonly variableNames?: readonly string[] },
): { readonly environment: Readonly<Record<string, string>>; readonly notes: readonly string[] } {
  const unset = placeholders.filter(
    ({ variable }) => isUnset(variable, command) && OF_SECRETS.test(variable) && !OF_CLIENTS.test(variable),
  );
  return {
    environment: Object.fromEntries(unset.map(({ variable }) => [variable, ""])),
    notes: [
      ...new Set(
        unset.map(
          ({ variable, source }) => `${variable}, which ${source} names, is not set; ${program} gets it empty, and uses toolkey's token`,
        ),
      ),
    ],
  };
}
