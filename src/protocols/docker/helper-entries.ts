/**
 * `credHelpers` of docker's config.json, as an edit of its text: the one form by which docker and podman's family know which registry has
 * which helper. Entries are inserted; all else stays as it is.
 */
import { applyEdits, modify, parse, parseTree, type ParseError } from "jsonc-parser";
import { Failure } from "../../core/failure.ts";
import { placeAt } from "../plaintext/text-lines.ts";

/** `docker-credential-toolkey` without what all such programs begin with. */
const HELPER = "toolkey";
const KEY = "credHelpers";
/** What docker itself writes. */
const NEW_FILE = '{\n\t"credHelpers": {}\n}\n';

/** The text with our helper for these registries, where they have none. Undefined: there is no file. @throws Failure as `helpersIn` */
export function addHelpers(text: string | undefined, servers: readonly string[]): string {
  const known = helpersIn(text ?? "{}");
  return servers.filter((server) => !known.has(server)).reduce((before, server) => set(before, server, HELPER), text ?? NEW_FILE);
}

/** The text without our helper. @throws Failure as `helpersIn` */
export function removeHelpers(text: string): string {
  const rest = ownServers(text).reduce((before, server) => set(before, server, undefined), text);
  return rest === text || helpersIn(rest).size > 0 ? rest : edit(rest, [KEY], undefined);
}

/** The registries for which our helper is asked, in their order. @throws Failure as `helpersIn` */
export function ownServers(text: string): string[] {
  return [...helpersIn(text)].flatMap(([server, helper]) => (helper === HELPER ? [server] : []));
}

/** By registry: its helper. @throws Failure `unavailable` with line and column for what is no JSON, which docker does not read either */
export function helpersIn(text: string): ReadonlyMap<string, string> {
  const errors: ParseError[] = [];
  const settings: unknown = parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error !== undefined) throw malformed(text, error.offset, "it is not JSON");
  if (!isRecord(settings)) throw malformed(text, 0, "it is no JSON object");
  const keys = (parseTree(text)?.children ?? []).filter(({ children }) => children?.[0]?.value === KEY);
  if (keys[1] !== undefined) throw malformed(text, keys[1].offset, `it has ${KEY} twice`);
  const helpers = settings[KEY] ?? {};
  if (!isRecord(helpers)) throw malformed(text, text.indexOf(`"${KEY}"`), `its ${KEY} is no JSON object`);
  return new Map(Object.entries(helpers).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function set(text: string, server: string, helper: string | undefined): string {
  return edit(text, [KEY, server], helper);
}

function edit(text: string, path: string[], value: string | undefined): string {
  const indentation = /^[ \t]+(?=")/m.exec(text)?.[0] ?? "\t";
  const formattingOptions = {
    insertSpaces: !indentation.startsWith("\t"),
    tabSize: indentation.startsWith("\t") ? 1 : indentation.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
  return applyEdits(text, modify(text, path, value, { formattingOptions }));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(text: string, offset: number, what: string): Failure {
  return new Failure("unavailable", `${placeAt(text, Math.max(offset, 0))}: ${what}`);
}
