/** Which servers a project has its gems from. Its Gemfile is a program, of which only what stands there in words is read. Pure. */

/** `source "…"`, `source: "…"`, `:source => "…"`. */
const IN_GEMFILE = /\bsource\b(?:\s|[:(]|=>)*(["'])(https?:\/\/[^"'\s#@]+)\1/g;
const IN_LOCK = /^ {2}remote: (https?:\/\/[^\s@]+)\r?$/;
const ON_COMMAND_LINE = /^(?:--source|-s)(?:=(.*))?$/;

/** More of them, or longer ones, are none of a project that people work on: they become variables. */
const MOST = 100;
const PLAIN = /^https?:\/\/[!-?A-~]{1,500}$/;

/** The URLs as they are written, each once. */
export function sourcesOf(gemfile: string, lock: string, given: readonly string[]): string[] {
  const typed = given.flatMap((word, index) => {
    const match = ON_COMMAND_LINE.exec(word);
    return match === null ? [] : [match[1] ?? given[index + 1] ?? ""];
  });
  const all = new Set([...inGemfile(gemfile), ...inLock(lock), ...typed]);
  return [...all].filter((url) => PLAIN.test(url)).slice(0, MOST);
}

function inGemfile(text: string): string[] {
  const code = text.split("\n").filter((line) => !line.trimStart().startsWith("#")).join("\n");
  return [...code.matchAll(IN_GEMFILE)].map(([, , url = ""]) => url);
}

/** Repositories of git have a `remote`, too. */
function inLock(text: string): string[] {
  let section = "";
  return text.split("\n").flatMap((line) => {
    if (/^[A-Z]/.test(line)) section = line.trim();
    const url = section === "GEM" ? IN_LOCK.exec(line)?.[1] : undefined;
    return url === undefined ? [] : [url];
  });
}
