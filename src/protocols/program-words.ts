/** A command line that starts another program: up to where its options are the client's own. Pure. */

/** Options of clients of npm registries whose value is the next argument. */
export const WITH_VALUE =
  /^(-[pcwCF]|--(package|call|workspace|filter|dir|cwd|registry|userconfig|globalconfig|prefix|cache|loglevel|omit|include|before|install-strategy|tag|otp|access|scope|@[^=]*:registry))$/;

/** With `--` before the program, if it is not there: what follows is for that one. An option that isn't known has no value of its own. */
export function programApart(given: readonly string[]): readonly string[] {
  const at = given.findIndex(
    (argument, index) => argument === "--" || (!argument.startsWith("-") && !WITH_VALUE.test(given[index - 1] ?? "")),
  );
  return at === -1 || given[at] === "--" ? given : [...given.slice(0, at), "--", ...given.slice(at)];
}

/** What is neither an option nor the value of one, up to `--`. */
export function operandsOf(given: readonly string[], withValue = WITH_VALUE): readonly string[] {
  const end = given.indexOf("--");
  const own = end === -1 ? given : given.slice(0, end);
  return own.filter((argument, index) => !argument.startsWith("-") && !withValue.test(own[index - 1] ?? ""));
}

/** The same without what follows an option directly: it may be the value of one that isn't known. All of them if nothing is left. */
export function sureOperandsOf(given: readonly string[]): readonly string[] {
  const all = operandsOf(given);
  const sure = all.filter((operand) => !(given[given.indexOf(operand) - 1] ?? "").startsWith("-"));
  return sure.length === 0 ? all : sure;
}
