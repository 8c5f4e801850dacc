/** Tokens as a person reads them. */
import { milliseconds, type Instant } from "../../core/clock.ts";
import type { RemoteToken, TokenView } from "../../core/tokens/token.ts";
import { plain } from "../../core/text/plain-text.ts";
import type { Output } from "../terminal/output.ts";
import { table, type Column } from "../terminal/table.ts";
import { commandText } from "../../protocols/text/command-text.ts";

const DAY_MS = 86_400_000;
/** What ends sooner than this is marked, in milliseconds; of what does not last long, its second half. */
const SOON_MS = 14 * DAY_MS;

const COLUMNS: readonly Column[] = [
  { title: "ID" },
  { title: "TOOL" },
  { title: "SERVICE", flexible: true, optional: 5 },
  { title: "DESCRIPTION", flexible: true, optional: 7 },
  { title: "SUBJECT", flexible: true },
  { title: "TOKEN ID", optional: 1 },
  { title: "ISSUED", optional: 3 },
  { title: "EXPIRES" },
  { title: "SCOPE", flexible: true, optional: 2 },
  { title: "TARGET", flexible: true },
  { title: "ONLY FOR" },
  { title: "STATE" },
  { title: "KEPT UNTIL", optional: 6 },
  { title: "LAST USED", optional: 4 },
];

/** The table of `toolkey list`. What doesn't fit is left out, the least important first, but nothing that tells tokens apart. */
export function tokenTable(tokens: readonly TokenView[], output: Output, now: number): string {
  const rows = tokens.map((token) => [
    token.id,
    token.tool,
    token.service,
    token.description ?? "",
    token.subject ?? token.username ?? "",
    token.tokenId ?? "",
    token.issuedAt === undefined ? "" : day(token.issuedAt),
    expiry(token, now),
    token.scope ?? "",
    token.target,
    token.onlyFor ?? "",
    stateOf(token, now),
    token.dropAt === undefined ? "" : day(token.dropAt),
    token.lastUsedAt === undefined ? "" : ago(token.lastUsedAt, now),
  ]);
  return titled(table(COLUMNS, rows, output.width), output);
}

const UNTRACKED_COLUMNS: readonly Column[] = [
  { title: "TOKEN ID" },
  { title: "SUBJECT", flexible: true },
  { title: "DESCRIPTION", flexible: true },
  { title: "SCOPE", flexible: true, optional: 2 },
  { title: "ISSUED", optional: 1 },
  { title: "EXPIRES" },
];

/** Tokens that a service knows and the vault does not. */
export function untrackedTable(tokens: readonly RemoteToken[], output: Output): string {
  const rows = tokens.map((token) => [
    token.tokenId,
    token.subject ?? "",
    token.description ?? "",
    token.scope ?? "",
    token.issuedAt === undefined ? "" : day(token.issuedAt),
    token.expiresAt === undefined ? "" : day(token.expiresAt),
  ]);
  return titled(table(UNTRACKED_COLUMNS, rows, output.width), output);
}

function titled(text: string, output: Output): string {
  const [titles = "", ...lines] = text.split("\n");
  return [output.style("bold", titles), ...lines].join("\n");
}

/** One token, a line for each field that it has. */
export function tokenDetails(token: TokenView, now: number): string {
  const fields: [string, string | undefined][] = [
    ["id", token.id],
    ["tool", token.tool],
    ["service", token.service],
    ["target", token.target],
    ["username", token.username],
    ["description", token.description],
    ["token id", token.tokenId],
    ["subject", token.subject],
    ["scope", token.scope],
    ["fetched by", token.command && commandText(token.command)],
    ["presented as", token.authtype],
    ["only for", token.onlyFor],
    ["issued", token.issuedAt],
    ["expires", token.expiresAt],
    ["state", stateOf(token, now)],
    ["kept until", token.dropAt],
    ["default", token.preferred ? "yes" : undefined],
    ["added", token.storedByTool === true ? `${token.createdAt}, by ${token.tool} itself` : token.createdAt],
    ["last used", token.lastUsedAt === undefined ? "never" : `${token.lastUsedAt} (${ago(token.lastUsedAt, now)})`],
  ];
  return fields
    .filter((field): field is [string, string] => field[1] !== undefined)
    .map(([name, value]) => `${name.padEnd(12)}  ${plain(value)}`)
    .join("\n");
}

/** A token in a sentence: `git-7f3k (git, https://…, as alice)`. */
export function tokenName(token: TokenView): string {
  const who = token.username === undefined ? "" : `, as ${token.username}`;
  return `${token.id} (${token.tool}, ${token.target}${who})`;
}

function expiry(token: TokenView, now: number): string {
  if (token.expiresAt === undefined) return "";
  const left = milliseconds(token.expiresAt) - now;
  const life = milliseconds(token.expiresAt) - milliseconds(token.issuedAt ?? token.createdAt);
  return left > 0 && left < Math.min(SOON_MS, life / 2) ? `${day(token.expiresAt)} soon!` : day(token.expiresAt);
}

/** As far as a person is concerned: that an active token has expired is in none of its fields. */
function stateOf({ state, expiresAt }: TokenView, now: number): string {
  return state === "active" && expiresAt !== undefined && milliseconds(expiresAt) <= now ? "expired" : state;
}

function ago(at: Instant, now: number): string {
  const seconds = Math.max(0, Math.round((now - milliseconds(at)) / 1000));
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

function day(at: Instant): string {
  return at.slice(0, 10);
}

/** Of one that its service has made. */
export function madeText(token: TokenView): string {
  return `made ${tokenName(token)}${token.expiresAt === undefined ? "" : `, which expires at ${token.expiresAt}`}`;
}
