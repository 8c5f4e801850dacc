/** The forms of values in `config.toml`, and how people are told of them. */
import * as z from "zod/mini";

/** As `duration` reads it. */
export const time = z.string().check(z.regex(/^\s*\d{1,6}[smhdw]\s*$/));

export const absolutePath = z.string().check(z.startsWith("/"));

export const pathOfHome = z.string().check(z.regex(/^(\/|~\/)./));

/** A program and its arguments. */
export const programWithArguments = z.array(z.string()).check(z.refine(([program]) => program?.startsWith("/") === true));

export const IN_WORDS: ReadonlyMap<z.core.$ZodType, string> = new Map<z.core.$ZodType, string>([
  [time, 'a time in quotes: "90s", "15m", "12h", "30d" or "2w"'],
  [absolutePath, 'an absolute path in quotes: "/…"'],
  [programWithArguments, 'a program by its absolute path, and its arguments: ["/…", "…"]'],
  [pathOfHome, 'a path in quotes, absolute or in the home: "/…", "~/…"'],
]);
