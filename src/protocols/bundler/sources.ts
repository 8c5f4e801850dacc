/** Which servers a project has its gems from. Its Gemfile is a program, of which only what stands there in words is read. Pure. */

/** `source "…"`, `source: "…"`, `:source => "…"`. */
const IN_GEMFILE = /\bsource\b(?:\s|[:(]|=>)*(["'])(https?:\/\/[^"'\s#@]+)\1/g;
const IN_LOCK = /^ {2}remote: (https?:\/\/[^\s@]+)\r?$/;
const ANY_URL = /https?:\/\/[^\s"'<>()[\]{}|,;#@]+/gi;
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

/** What the project names, but not as a source: repositories of git, and whatever a Gemfile puts URLs together from. */
export function othersOf(gemfile: string, lock: string): string[] {
  const code = codeOf(gemfile).replace(IN_GEMFILE, "");
  const remotes = remotesOf(lock).flatMap(({ section, url }) => (section === "GEM" ? [] : [url]));
  return [...code.matchAll(ANY_URL)].map(([url]) => url).concat(remotes);
}

function inGemfile(text: string): string[] {
  return [...codeOf(text).matchAll(IN_GEMFILE)].map(([, , url = ""]) => url);
}

function codeOf(text: string): string {
  return text.split("\n").filter((line) => !line.trimStart().startsWith("#")).join("\n");
}

function inLock(text: string): string[] {
  return remotesOf(text).flatMap(({ section, url }) => (section === "GEM" ? [url] : []));
}

/** Repositories of git have a `remote`, too. */
function remotesOf(text: string): { section: string; url: string }[] {
  let section = "";
  return text.split("\n").flatMap((line) => {
    if (/^[A-Z]/.test(line)) section = line.trim();
    const url = IN_LOCK.exec(line)?.[1];
    return url === undefined ? [] : [{ section, url }];
  });
}
