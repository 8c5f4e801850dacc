/** The forms of values in `config.toml`, and how people are told of them. */
import * as z from "zod/mini";

/** As `duration` reads it. */
export const time = z.string().check(z.regex(/^\s*\d{1,6}[smhdw]\s*$/));

export const absolutePath = z.string().check(z.startsWith("/"));

export const pathOfHome = z.string().check(z.regex(/^(\/|~\/)./));

/** Without a login: others may read where it is written. */
export const proxyUrl = z.string().check(z.refine((text) => /^https?:\/\/[^/?#@\s]+\/?$/.test(text) && URL.canParse(text)));

/** A program and its arguments. */
export const programWithArguments = z.array(z.string()).check(z.refine(([program]) => program?.startsWith("/") === true));

export const IN_WORDS: ReadonlyMap<z.core.$ZodType, string> = new Map<z.core.$ZodType, string>([
  [time, 'a time in quotes: "90s", "15m", "12h", "30d" or "2w"'],
  [absolutePath, 'an absolute path in quotes: "/…"'],
  [proxyUrl, 'the URL of a proxy in quotes, without user name and password: "http://HOST:PORT"'],
  [programWithArguments, 'a program by its absolute path, and its arguments: ["/…", "…"]'],
  [pathOfHome, 'a path in quotes, absolute or in the home: "/…", "~/…"'],
]);
