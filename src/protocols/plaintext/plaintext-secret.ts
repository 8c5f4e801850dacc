import type { Secret } from "../../core/secret.ts";
import type { TokenForm } from "../../core/tokens/token-form.ts";

/** A piece of a text: offsets in UTF-16 units, the end not in it. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** A secret that lies in a file in plain text. */
export interface PlaintextSecret {
  /** The tool that reads it. */
  readonly tool: string;
  /** What the file calls the place that it is for: a host, a registry, the id of a server. Never holds a secret. */
  readonly name: string;
  /** The place as a URL, where the file says so. */
  readonly url: string | undefined;
  readonly username: string | undefined;
  readonly secret: Secret;
  /** Whether the secret is what the tool makes of a password, and the password still to be found. */
  readonly encrypted?: boolean;
  /** Counted from one. */
  readonly line: number;
  /** What it looks like, where that is known. */
  readonly form?: TokenForm | undefined;
  /** Why toolkey leaves it where it is; undefined if it can take it. */
  readonly stays: string | undefined;
  /** What goes away with it. */
  readonly pieces: readonly Piece[];
}

/** A secret that toolkey only reports, because it does not serve its tool or can't tell what it is for. */
export function reported(found: Omit<PlaintextSecret, "pieces" | "stays"> & { readonly stays: string }): PlaintextSecret {
  return { ...found, pieces: [] };
}

/** Whether a value only says where the secret is to be found: `${NPM_TOKEN}`, `${env.X}`. */
export function isReference(value: string): boolean {
  return /\$\{[^{}]*\}/.test(value);
}

/** Whether a user name may be one of those tokens that services take as user names, and so must not be shown. */
export function isSecretName(username: string): boolean {
  return /^(gh[a-z]_|github_pat_|glpat-|npm_|xox|AKC|eyJ)/.test(username) || username.length > 64;
}

/** A URL without user name, password, query and fragment; undefined for what is no URL. */
export function bareUrl(text: string): string | undefined {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#@]+)([^?#]*)/i.exec(text);
  return match === null ? undefined : `${match[1]}${match[2]}${match[3]}`;
}

/** Of `https://user:password@host`; undefined for what has none, or only says where it is to be found. */
export function passwordInUrl(text: string): string | undefined {
  const [, password] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#:]*:([^/?#]+)@/i.exec(text) ?? [];
  return password === undefined || isReference(password) ? undefined : password;
}

/** Splits `user:password`, also as base64; undefined for anything else. */
export function splitCredential(text: string): { readonly username: string; readonly password: string } | undefined {
  const match = /^([^:]*):([^]*)$/.exec(text.includes(":") ? text : Buffer.from(text, "base64").toString("utf8"));
  return match === null ? undefined : { username: match[1] ?? "", password: match[2] ?? "" };
}
