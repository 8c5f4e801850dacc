/** What people read about the gateway. */
import type { GatewayView, PhantomView, RunView, TrafficView } from "../../core/gateway/views.ts";

/** Lines of `toolkey status`. */
export function gatewayLines({ url, phantoms }: GatewayView): string[] {
  if (url === undefined && phantoms.length === 0) return ["gateway    not listening; the first command that needs it starts it"];
  const listening = url === undefined ? "not listening" : url;
  // Those of tools inside of a session come and go.
  const shown = phantoms.filter(({ session }) => session === undefined);
  return [
    `gateway    ${listening}, ${count(shown.length, "phantom")}`,
    ...shown.map((phantom) => `           ${phantomText(phantom)}`),
  ];
}

export function phantomText({ id, tool, purpose, pid, places, publishes, expiresAt }: PhantomView): string {
  if (tool === SESSION) return sessionText({ id, purpose, pid, places, publishes, expiresAt });
  const where = places.length === 0 ? `whatever there is a token of ${tool} for` : places.join(" ");
  const held = pid === undefined ? "" : ` (toolkey run, pid ${pid})`;
  return `${id} ${purpose}${held}: ${where}${publishes ? ", may publish" : ""}, until ${expiresAt}`;
}

const SESSION = "session";

function sessionText({ id, purpose, pid = 0, places, publishes, expiresAt }: Omit<PhantomView, "tool" | "issuedAt">): string {
  const what = places.length === 0 ? "may use no token" : `may use ${places.join(", ")}`;
  return `${id} session of ${purpose} (toolkey run, pid ${pid}): ${what}${publishes ? ", and publish" : ""}, until ${expiresAt}`;
}

/** A run as a paragraph. */
export function runLines({ phantom, tool, purpose, startedAt, endedAt, traffic, refused }: RunView): string[] {
  const title = purpose === tool ? tool : `${purpose} (${tool})`;
  return [
    `${startedAt}  ${title}  ${phantom}${endedAt === undefined ? "  still running" : ""}`,
    ...traffic.map((entry) => `  ${trafficText(entry)}`),
    ...refused.map(({ why, what, times, by }) => `  refused${times === 1 ? "" : ` ${times} times`}: ${what}${askedBy(by)}: ${why}`),
  ];
}

function askedBy(executable: string | undefined): string {
  return executable === undefined ? "" : ` by ${executable}`;
}

function trafficText({ host, token, by, requests, received, sent }: TrafficView): string {
  const bytes = [`${size(received)} received`, ...(sent === 0 ? [] : [`${size(sent)} sent`])].join(", ");
  return `${host} with ${token ?? "no token"}${askedBy(by)}: ${count(requests, "request")}, ${bytes}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** Decimal units, as `toolkey status` has them. */
function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}
