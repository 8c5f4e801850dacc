import { Failure } from "../failure.ts";

/**
 * What `toolkey login` keeps for a service, with which tokens are created there: a token, or an account's user name with its
 * password.
 */
export type SignIn = "token" | "password";

/** Why no login is kept where tokens are only created on a web page, or elsewhere by hand. */
export function noLogin({ name, title, page }: { name: string; title: string; page: string | undefined }): Failure {
  return new Failure("usage", `toolkey cannot create tokens at ${title}; no login is needed`, {
    hint: page === undefined ? `toolkey add ${name}` : `make a token for each tool at ${page}, then: toolkey add ${name}`,
  });
}
