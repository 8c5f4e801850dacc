import { Failure } from "../failure.ts";

/**
 * What `toolkey login` keeps for a service, with which tokens are created there: a token, an account's user name with its
 * password, or a private key in PEM, with spaces in the place of its line breaks.
 */
export type SignIn = "token" | "password" | "key";

/** A login that is no token, for people. */
export interface NoToken {
  readonly what: string;
  /** What ends it. @param account whose it is */
  readonly end: (account: string) => string;
  /** How another one comes in its place. @param login the command that signs in, @param replace that which replaces it */
  readonly renew: (login: string, replace: string) => string;
}

export const NO_TOKEN: Readonly<Record<Exclude<SignIn, "token">, NoToken>> = {
  password: {
    what: "the account's password",
    end: (account) => `change the password of ${account} there`,
    renew: (_login, replace) => `change it there, then: ${replace}`,
  },
  key: {
    what: "an app's private key",
    end: () => "delete the key there",
    renew: (login) => `make another there, then: ${login}`,
  },
};

/** Why no login is kept where tokens are only created on a web page, or elsewhere by hand. */
export function noLogin({ name, title, page }: { name: string; title: string; page: string | undefined }): Failure {
  return new Failure("usage", `toolkey cannot create tokens at ${title}; no login is needed`, {
    hint: page === undefined ? `toolkey add ${name}` : `make a token for each tool at ${page}, then: toolkey add ${name}`,
  });
}
