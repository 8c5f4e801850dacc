/** The text of `config.toml` as what it says, setting by setting. One with a fault is left out, and all else counts. Pure. */
import { parse, TomlError } from "smol-toml";
import type * as z from "zod/mini";
import { Failure } from "../../core/failure.ts";
import { readOwnService, type OwnService } from "../../issuers/own-services.ts";
import { faultAt, faultOf, located, type Fault, type Located } from "./faults.ts";
import { FIXED, isAmong, isSetting, type SettingsDocument } from "./settings.ts";

/** Of names of settings. */
const FORMS = 'they are like "lock.idle", "service.acme", or of a table: "sandbox"';

/** What a file says. */
export interface Said {
  /** Its path, for people. */
  readonly file: string;
  readonly text: string;
  /** Values of the right form, by the name of the setting. */
  readonly settings: ReadonlyMap<string, unknown>;
  /** Settings, and tables of them, which the user's own file can't have. Of the system's file. */
  readonly fixed: ReadonlySet<string>;
  readonly faults: readonly Fault[];
  /** Of the settings that can't be read now, those of which it isn't known either what was said before; the empty name is of all. */
  readonly unknown: ReadonlySet<string>;
}

/** What a file says that isn't there. */
export function nothingSaid(file: string): Said {
  return { file, text: "", settings: new Map(), fixed: new Set(), faults: [], unknown: new Set() };
}

/** The settings that can't be read now. */
export function faultyOf({ faults }: Said): ReadonlySet<string> {
  return new Set(faults.filter(({ kind }) => kind === "fault").map(({ setting }) => setting));
}

/** What a file says of which nothing can be read. */
export function unreadable(file: string, { message, hints }: Failure, line?: number): Said {
  return { ...nothingSaid(file), faults: [{ setting: "", line, what: message, hints, kind: "fault" }], unknown: new Set([""]) };
}

/** The same of one that is to be as if it wasn't there. */
export function leftOut(file: string, { message, hints }: Failure): Said {
  return { ...nothingSaid(file), faults: [{ setting: "", line: undefined, what: message, hints, kind: "left-out" }] };
}

/** @param file its path, for people */
export function readText(schema: SettingsDocument, text: string, file: string): Said {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.replace(/^Invalid TOML document: /, "").split("\n", 1);
    const what = `${file}, line ${error.line}, column ${error.column}: ${reason ?? "not TOML"}`;
    return unreadable(file, new Failure("usage", what, { hint: 'text and times stand in quotes: idle = "15m"' }), error.line);
  }
  return readValues(schema, value, { text, file });
}

function readValues(schema: SettingsDocument, value: unknown, from: Pick<Said, "text" | "file">): Said {
  const faults: Fault[] = [];
  const place = located(from.file, from.text);
  const { [FIXED]: fixed = [], ...tables } = withoutFaults(schema, value, (path, issue) => {
    faults.push(faultOf(schema, path, issue, value, place));
  });
  const settings = new Map<string, unknown>();
  for (const [table, inner] of Object.entries(tables)) {
    for (const [key, said] of Object.entries(inner as Readonly<Record<string, unknown>>)) {
      const wrong = table === "service" ? faultOfService(key, said as OwnService, place) : undefined;
      if (wrong === undefined) settings.set(`${table}.${key}`, said);
      else faults.push(wrong);
    }
  }
  const names = fixed as readonly string[];
  for (const name of names.filter((each) => !isSetting(each))) {
    faults.push(faultAt([FIXED], place, `${FIXED} names '${name}', which is not a setting`, [FORMS]));
  }
  const faulty = new Set(faults.map(({ setting }) => setting));
  // What else it was to name can't be told: most likely what the file says.
  const known = faulty.has(FIXED) ? [...names.filter(isSetting), ...settings.keys()] : names;
  return { ...from, settings, fixed: new Set(known), faults, unknown: faulty };
}

/** A document by its schema, without the settings with which something is wrong. @param tell of each of these once */
function withoutFaults(
  schema: SettingsDocument,
  value: unknown,
  tell: (path: readonly PropertyKey[], issue: z.core.$ZodIssue) => void,
): Readonly<Record<string, unknown>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faulty = new Set<string>();
  for (const issue of parsed.error.issues) {
    const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const path of paths) {
      const setting = keyOf(path.slice(0, 2));
      if (faulty.has(setting)) continue;
      faulty.add(setting);
      tell(path, issue);
    }
  }
  return withoutFaults(schema, without(value, [], faulty), tell);
}

/** Names may have dots, where no setting has one. */
function keyOf(path: readonly PropertyKey[]): string {
  return path.map(String).join("\n");
}

/** A document without some of its tables, and of what is in them. */
function without(value: unknown, path: readonly string[], names: ReadonlySet<string>): unknown {
  if (path.length === 2 || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const at = [...path, name];
      return names.has(keyOf(at)) ? [] : [[name, without(inner, at, names)]];
    }),
  );
}

function faultOfService(name: string, table: OwnService, place: Located): Fault | undefined {
  try {
    readOwnService(name, table);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return faultAt(["service", name], place, `service.${name}: ${error.message}`, error.hints);
  }
}

/** What is to be heeded of a file that has changed: of what can't be read of it now, what it said before. */
export function carriedOn(before: Said, now: Said): Said {
  const faulty = faultyOf(now);
  const kept = [...before.settings].filter(([name]) => isAmong(faulty, name));
  const unknown = [
    ...[...faulty].filter((name) => isAmong(before.unknown, name)),
    ...[...before.unknown].filter((name) => isAmong(faulty, name)),
  ];
  return {
    ...now,
    settings: new Map([...now.settings, ...kept]),
    fixed: isAmong(faulty, FIXED) ? before.fixed : now.fixed,
    unknown: new Set(unknown),
  };
}
