/** What phantoms look like. */

/** What all have in their name, so that people and scanners know one when they see it. */
const MARK = "tkphantom";

/** What one begins with that stands for tokens of no known form. */
export const PHANTOM_PREFIX = `${MARK}_`;

/** How tokens are written: a prefix, and pieces of so many letters and digits, joined by `_`. */
export interface PhantomForm {
  readonly prefix: string;
  readonly pieces: readonly number[];
}

/** 256 random bits after the mark. */
const PLAIN: PhantomForm = { prefix: "", pieces: [MARK.length, 43] };

/**
 * Forms of tokens that programs look at before they send them: GitHub's and npm's ("Behind GitHub's new authentication token
 * formats", 2021: the last six characters are a checksum, which a phantom has not, so that scanners take it for none), and
 * GitLab's ("Token overview"). Behind the mark at least 150 random bits remain.
 */
const FORMS: readonly PhantomForm[] = [
  ...["ghp_", "gho_", "ghu_", "ghs_", "npm_", "glpat-", "gldt-"].map((prefix) => ({ prefix, pieces: [36] })),
  { prefix: "github_pat_", pieces: [22, 59] },
];

/** The form of these tokens, if it is known, and all have the same. */
export function phantomForm(tokens: readonly string[]): PhantomForm {
  const [form = PLAIN, ...others] = new Set(tokens.map((token) => FORMS.find(({ prefix }) => token.startsWith(prefix)) ?? PLAIN));
  return others.length > 0 ? PLAIN : form;
}

/** @param random so many letters and digits that nobody can guess */
export function writePhantom({ prefix, pieces }: PhantomForm, random: (length: number) => string): string {
  return prefix + pieces.map((length, index) => (index === 0 ? MARK + random(length - MARK.length) : random(length))).join("_");
}

/** Whether a text is one, and so no secret that is worth to be found. */
export function isPhantom(text: string): boolean {
  return [PLAIN, ...FORMS].some(({ prefix }) => text.startsWith(`${prefix}${MARK}`));
}
