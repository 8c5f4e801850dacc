/**
 * Cargo's list of credential providers in its configuration: ours is put behind the others, of which it asks the last one first. Source:
 * https://doc.rust-lang.org/cargo/reference/registry-authentication.html
 */
import { Failure } from "../../core/failure.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { MarkedBlock } from "../text/marked-block.ts";
import { isTomlTable, readToml, tableAt, textsAt } from "../text/toml.ts";
import { tomlPlaces, type TomlHeader, type TomlPlaces } from "../text/toml-places.ts";

const BLOCK = new MarkedBlock("cargo");
const TABLE = "registry";
const KEY = "global-credential-providers";
/** What Cargo asks where nothing is set: variables, and credentials.toml. Without it they would not work any more. */
const BUILT_IN = "cargo:token";
/** The name of ours for a path with spaces, at which Cargo splits. */
const ALIAS = "toolkey";
/** Before each line that our block stands for. */
const BEFORE = "#| ";
const WITHOUT_BREAK = "# the last line had no line break";

/** @throws Failure `unavailable` for what is no TOML, `usage` where it can't be added as text; both with the line */
export function withProvider(text: string | undefined, program: string): string {
  if (text !== undefined && providersIn(text).includes(wordFor(program)) && hasProgram(text, program)) return text;
  const before = text === undefined ? undefined : withoutProvider(text);
  const table = readToml(before ?? "");
  const added = addTo(before, table, program);
  assertOnlyAdded(before ?? "", added, program);
  return added;
}

/** The text as it was before; undefined if there was no file. */
export function withoutProvider(text: string): string | undefined {
  let lacksBreak = false;
  const rest = BLOCK.remove(text, (lines) => {
    lacksBreak = lines.includes(WITHOUT_BREAK);
    return lines.filter((line) => line.startsWith(BEFORE)).map((line) => line.slice(BEFORE.length));
  });
  return lacksBreak ? rest?.replace(/\n$/, "") : rest;
}

/** What Cargo asks for tokens, the first last. @throws Failure `unavailable` */
export function providersIn(text: string): readonly string[] {
  return textsAt(readToml(text), [TABLE, KEY]) ?? [BUILT_IN];
}

/** What runs a program by a provider's entry: its first word, or what that is an alias of. */
export function programOf(text: string, provider: string): string | undefined {
  const [word = ""] = provider.split(" ");
  const alias = tableAt(readToml(text), "credential-alias")[word];
  if (typeof alias === "string") return alias.split(" ")[0];
  return Array.isArray(alias) && typeof alias[0] === "string" ? alias[0] : word;
}

/** Registries that have a provider of their own, and it. */
export function otherProviders(text: string): { readonly registry: string; readonly provider: string }[] {
  const table = readToml(text);
  const own = (registry: string, value: unknown): { registry: string; provider: string }[] =>
    typeof value === "string" || Array.isArray(value) ? [{ registry, provider: [value].flat().join(" ") }] : [];
  return [
    ...own("crates.io", tableAt(table, TABLE)["credential-provider"]),
    ...Object.entries(tableAt(table, "registries")).flatMap(([name, registry]) =>
      isTomlTable(registry) ? own(name, registry["credential-provider"]) : [],
    ),
  ];
}

function hasProgram(text: string, program: string): boolean {
  return programOf(text, wordFor(program)) === program;
}

function wordFor(program: string): string {
  return /\s/.test(program) ? ALIAS : program;
}

function addTo(before: string | undefined, table: ReturnType<typeof readToml>, program: string): string {
  const text = before ?? "";
  const { entries, headers } = tomlPlaces(text);
  const own = entries.find(({ path: [first, second, ...rest] }) => first === TABLE && second === KEY && rest.length === 0);
  const inline = entries.find(({ path, isInline }) => path[0] === TABLE && (path.length === 1 || (path[1] === KEY && isInline)));
  if (inline !== undefined) throw byHand(text, inline.start, program);
  const alias = wordFor(program) === program ? [] : ["[credential-alias]", `${ALIAS} = [${JSON.stringify(program)}]`];
  const providers = textsAt(table, [TABLE, KEY]);
  const list = `[${[...(providers ?? [BUILT_IN]), wordFor(program)].map((each) => JSON.stringify(each)).join(", ")}]`;
  if (own !== undefined) {
    if (providers === undefined) throw byHand(text, own.start, program);
    const [start, end] = [text.lastIndexOf("\n", own.start) + 1, nextLine(text, own.end)];
    const bom = start === 0 && text.startsWith("\uFEFF") ? 1 : 0;
    const lines = text.slice(start + bom, end).split("\n");
    const hasBreak = lines.at(-1) === "";
    return BLOCK.insert(
      text,
      start + bom,
      [
        ...(hasBreak ? lines.slice(0, -1) : lines).map((line) => `${BEFORE}${line}`),
        ...(hasBreak ? [] : [WITHOUT_BREAK]),
        `${text.slice(own.start, own.valueStart)}${list}`,
        ...alias,
      ],
      end,
    );
  }
  const line = `${KEY} = ${list}`;
  const header = headers.find(({ path, isArray }) => path.length === 1 && path[0] === TABLE && !isArray);
  if (header !== undefined) return BLOCK.insert(text, endOf(header, { entries, headers }, text), [line, ...alias]);
  if (!isTomlTable(table[TABLE])) return BLOCK.add(before, [`[${TABLE}]`, line, ...alias]);
  // Its keys are dotted, as in `registry.default`: there can be no header.
  const last = entries.findLast(({ path }) => path[0] === TABLE);
  return BLOCK.insert(text, nextLine(text, last?.end ?? text.length), [`${TABLE}.${line}`, ...alias]);
}

/** Behind the last key of a table; comments before the next one are of that. */
function endOf(header: TomlHeader, { entries, headers }: TomlPlaces, text: string): number {
  const next = headers.find(({ start }) => start >= header.end)?.start ?? text.length;
  const last = entries.findLast(({ start, end }) => start >= header.end && end <= next);
  return last === undefined ? header.end : nextLine(text, last.end);
}

function nextLine(text: string, offset: number): number {
  const at = text.indexOf("\n", offset);
  return at === -1 ? text.length : at + 1;
}

/** Whatever form the text has: what it says is what it said before, and our provider. */
function assertOnlyAdded(before: string, after: string, program: string): void {
  const { [TABLE]: registry, ["credential-alias"]: aliases, ...rest } = readToml(before);
  try {
    const { [TABLE]: registryNow, ["credential-alias"]: aliasesNow, ...restNow } = readToml(after);
    const { [KEY]: providers, ...others } = isTomlTable(registry) ? registry : {};
    const { [KEY]: providersNow, ...othersNow } = isTomlTable(registryNow) ? registryNow : {};
    const { [ALIAS]: _mine, ...aliasesLeft } = isTomlTable(aliasesNow) ? aliasesNow : {};
    const { [ALIAS]: _theirs, ...aliasesBefore } = isTomlTable(aliases) ? aliases : {};
    const isKept = JSON.stringify([rest, others, aliasesBefore]) === JSON.stringify([restNow, othersNow, aliasesLeft]);
    const wanted = [...(Array.isArray(providers) ? providers : [BUILT_IN]), wordFor(program)];
    if (isKept && JSON.stringify(providersNow) === JSON.stringify(wanted) && hasProgram(after, program)) return;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  throw byHand(before, Math.max(before.indexOf(TABLE), 0), program);
}

function byHand(text: string, offset: number, program: string): Failure {
  return new Failure("usage", `line ${lineAt(text, offset)}: the providers can't be added to as text`, {
    hint: `add it by hand: ${KEY} = ["${BUILT_IN}", ${JSON.stringify(program)}] in [${TABLE}]`,
  });
}
