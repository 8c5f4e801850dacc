/**
 * What a person may ask of a token to be created, each spelled once: an option of `toolkey mint` (`projectKey` is `--project-key`), a
 * field of the operation, and what an issuer is told, which goes by those that its service knows.
 */
export const TOKEN_WISH = {
  ttl: { form: "duration", describe: "how long it is valid: 12h, 30d; 0s for ever" },
  scope: { form: "text", describe: "what it may do", maxLength: 500 },
  username: { form: "text", describe: "whose it is", maxLength: 255 },
  description: { form: "text", describe: "what you will know it by on its service's page", maxLength: 200 },
  refreshable: { form: "flag", describe: "can be renewed without the login" },
  repository: { form: "text", describe: "the repository it is for: OWNER/NAME; several with commas", maxLength: 500 },
  projectKey: { form: "text", describe: "the project it is for" },
  readOnly: { form: "flag", describe: "npm registries: may not publish" },
  cidr: { form: "texts", describe: "npm registries: from these addresses only" },
} as const satisfies Readonly<Record<string, WishedFor>>;

interface WishedFor {
  readonly form: keyof Forms;
  readonly describe: string;
  /** Of a text, in characters. */
  readonly maxLength?: number;
}

/** What a value of each form is. */
interface Forms {
  /** In seconds. */
  readonly duration: number;
  readonly text: string;
  readonly flag: boolean;
  readonly texts: readonly string[];
}

export type WishName = keyof typeof TOKEN_WISH;
export type TokenWish = { readonly [Name in WishName]?: Forms[(typeof TOKEN_WISH)[Name]["form"]] | undefined };

/** Each of them with what it is. */
export const WISHES = Object.entries(TOKEN_WISH) as readonly (readonly [WishName, WishedFor])[];
