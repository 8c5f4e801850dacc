/**
 * Files of podman's family for one command: which registries are reached through the gateway (containers-registries.conf(5)), and by which
 * logins (containers-auth.json(5)).
 */
import { parse, TomlError } from "smol-toml";

/** A registry, and where it is reached instead: without a scheme. */
interface Led {
  readonly prefix: string;
  readonly location: string;
}

/** A login, by what the file calls its registry. */
interface Login {
  readonly registry: string;
  /** `user:secret` in base64 */
  readonly auth: string;
}

/** The text with what is led behind it. Of a text that is no TOML the clients read nothing, and say so. */
export function withRegistries(text: string, led: readonly Led[]): string {
  const blocks = led.map(
    ({ prefix, location }) => `[[registry]]\nprefix = ${JSON.stringify(prefix)}\nlocation = ${JSON.stringify(location)}\ninsecure = true\n`,
  );
  return [text.replace(/(?<=[^\n])$/, "\n"), ...blocks].join("\n");
}

/** Whether a person's file has settings of its own for a registry: by its host, or by `*.` and the end of that. */
export function hasSettingsFor(text: string, registry: string): boolean {
  const names = tablesIn(text).flatMap(({ prefix, location }) => [prefix, location]).filter((name) => typeof name === "string");
  return names.some((name) => {
    const host = name.split("/", 1)[0] ?? "";
    return host.startsWith("*.") ? registry.endsWith(host.slice(1)) : registry === host;
  });
}

/** Whether tables can be added: not to the older form, nor where the list of them is closed. */
export function canHaveMore(text: string): boolean {
  try {
    const more = withRegistries(text, [{ prefix: "a", location: "b" }]);
    return !Object.hasOwn(parse(text), "registries") && Object.hasOwn(parse(more), "registry");
  } catch (error) {
    if (error instanceof TomlError) return false;
    throw error;
  }
}

/**
 * The logins of several files, of which the first that has one counts, with ours before all. Programs that are asked for logins are kept,
 * but for our own, which has none where this file is read.
 */
export function withLogins(texts: readonly string[], logins: readonly Login[]): string {
  const files = texts.map(readLogins);
  const auths: Record<string, unknown> = Object.assign({}, ...files.toReversed().map((file) => file.auths));
  const credHelpers: Record<string, unknown> = Object.assign({}, ...files.toReversed().map((file) => file.credHelpers));
  for (const { registry, auth } of logins) auths[registry] = { auth };
  const helpers = Object.entries(credHelpers).filter(([, helper]) => helper !== "toolkey");
  return `${JSON.stringify({ auths, ...(helpers.length === 0 ? {} : { credHelpers: Object.fromEntries(helpers) }) })}\n`;
}

function tablesIn(text: string): Readonly<Record<string, unknown>>[] {
  try {
    const registries: unknown = parse(text)["registry"];
    return Array.isArray(registries) ? registries.filter(isRecord) : [];
  } catch (error) {
    if (error instanceof TomlError) return [];
    throw error;
  }
}

function readLogins(text: string): Readonly<Record<"auths" | "credHelpers", Readonly<Record<string, unknown>>>> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    // What the clients can't read either.
  }
  const { auths, credHelpers } = isRecord(file) ? file : {};
  return { auths: isRecord(auths) ? auths : {}, credHelpers: isRecord(credHelpers) ? credHelpers : {} };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
