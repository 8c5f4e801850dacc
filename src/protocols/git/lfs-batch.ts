/**
 * What a host answers to Git LFS about its objects: where each is to be had, and with which headers (docs/api/batch.md of Git LFS). Pure.
 */

/** How a batch is changed. */
interface BatchWay {
  /** The URL through the gateway; undefined if the client is to go there by itself. */
  readonly through: (url: URL) => string | undefined;
  /** Whether objects may be put there. */
  readonly publishes: boolean;
}

const NOT_PUBLISHING = { code: 403, message: "toolkey: this phantom does not permit uploads - toolkey run --publish" };

/**
 * An answer by which the client goes through the gateway, and has no credentials of the host in it: some hosts make a token for
 * each batch. What lies elsewhere (signed URLs of a store) stays as it is, but for uploads that are not permitted.
 *
 * @returns the text as it was if it is no batch
 */
export function changeBatch(text: string, way: BatchWay): string {
  const batch = parse(text);
  const objects = record(batch)?.["objects"];
  if (!Array.isArray(objects)) return text;
  return JSON.stringify({ ...record(batch), objects: objects.map((object: unknown) => changeObject(object, way)) });
}

function changeObject(object: unknown, way: BatchWay): unknown {
  const { actions, ...rest } = record(object) ?? {};
  const named = record(actions);
  if (named === undefined) return object;
  if (!way.publishes && ("upload" in named || "verify" in named)) return { ...rest, error: NOT_PUBLISHING };
  return { ...rest, actions: Object.fromEntries(Object.entries(named).map(([name, action]) => [name, changeAction(action, way)])) };
}

function changeAction(action: unknown, { through }: BatchWay): unknown {
  const { href, header, ...rest } = record(action) ?? {};
  if (typeof href !== "string" || !URL.canParse(href)) return action;
  const led = through(new URL(href));
  if (led === undefined) return action;
  const kept = Object.entries(record(header) ?? {}).filter(([name]) => name.toLowerCase() !== "authorization");
  return { ...rest, href: led, ...(kept.length === 0 ? {} : { header: Object.fromEntries(kept) }) };
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
