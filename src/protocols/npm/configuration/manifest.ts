/** A `package.json`, as far as it can be read. Pure. */

/** An object, of whatever stands in a `package.json`. */
export function manifestOf(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(text ?? "");
    return asRecord(manifest);
  } catch {
    return {};
  }
}

/** A value as an object, empty if it is none. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}
