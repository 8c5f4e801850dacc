/** What a search found, as people and programs read it; never with a secret. */
import { relative, sep } from "node:path";
import { homeOf, type Environment } from "../../platform/paths.ts";
import type { Instant } from "../../core/clock.ts";
import { endText } from "../../core/tokens/token-form.ts";
import type { PlaintextSecret } from "../../protocols/plaintext/plaintext-secret.ts";
import type { Output } from "../terminal/output.ts";
import { table } from "../terminal/table.ts";
import type { SecretFiles } from "./secret-files.ts";
import type { TakenFile } from "./take.ts";
import { isInPlainText, type Found, type FoundFile } from "./search.ts";

/** A row for each secret. */
export function secretTable(files: readonly FoundFile[], environment: Environment, output: Output): string {
  const showsKinds = files.some(({ secrets }) => secrets.some(({ form }) => form !== undefined));
  const rows = inOrder(files).map(({ path, secret }) => [
    shortPath(path, environment),
    String(secret.line),
    secret.tool,
    secret.url ?? secret.name,
    secret.username ?? "",
    ...(showsKinds ? [secret.form?.title.replace(/^an? /, "") ?? ""] : []),
    secret.stays === undefined ? "into the vault" : `stays: ${secret.stays}`,
  ]);
  const columns = [
    { title: "FILE", flexible: true },
    { title: "LINE" },
    { title: "TOOL" },
    { title: "FOR", flexible: true },
    { title: "USER", flexible: true },
    ...(showsKinds ? [{ title: "KIND", flexible: true, optional: 1 }] : []),
    { title: "WHAT HAPPENS", flexible: true },
  ];
  const [titles = "", ...lines] = table(columns, rows, output.width).split("\n");
  return [output.style("bold", titles), ...lines].join("\n");
}

/** A line for each secret that lies in plain text, as compilers write them. */
export function secretLines(files: readonly FoundFile[]): string[] {
  return inOrder(files)
    .filter(({ secret }) => isInPlainText(secret))
    .map(({ path, secret }) => `${pathFromHere(path)}:${secret.line}: a secret of ${secret.tool} for ${secret.url ?? secret.name}`);
}

/** The findings for programs. */
export function secretsAsJson({ files, failures }: Found): object {
  return {
    secrets: inOrder(files).map(({ path, format, secret }) => ({
      file: path,
      line: secret.line,
      format,
      tool: secret.tool,
      name: secret.name,
      target: secret.url,
      username: secret.username,
      encrypted: !isInPlainText(secret),
      form: secret.form?.title,
      stays: secret.stays,
    })),
    failures: failures.map(({ message }) => message),
  };
}

/** What became of one file, for programs. */
export function takenAsJson({ found, tokens, failure }: TakenFile): object {
  return { file: found.path, tokens: tokens.map(({ token, outcome }) => ({ id: token.id, outcome })), failure: failure?.message };
}

/** What to know before, and what to do about the others. @param all the files of all tools */
export function advice(files: readonly FoundFile[], all: readonly SecretFiles[]): { readonly notes: string[]; readonly hints: string[] } {
  const secrets = files.flatMap((found) => found.secrets.map((secret) => ({ found, secret })));
  const taken = new Set(secrets.filter(({ secret }) => secret.stays === undefined).map(({ found }) => found.format));
  const staying = new Set(secrets.filter(({ secret }) => secret.stays !== undefined).map(({ secret }) => secret.tool));
  const adviceOf = Object.fromEntries(all.flatMap((each) => Object.entries(each.advice ?? {})));
  const notes = all.flatMap((each) => Object.entries(each.notes ?? {}));
  return {
    notes: notes.filter(([format]) => taken.has(format)).map(([, note]) => note),
    hints: [...staying].toSorted().flatMap((tool) => adviceOf[tool] ?? []),
  };
}

/** What became of kinds of which there are some; each is said once. */
export function endedKinds(files: readonly FoundFile[], now: Instant): { readonly notes: string[]; readonly hints: string[] } {
  const forms = files.flatMap(({ secrets }) => secrets.flatMap(({ form }) => form ?? []));
  const ended = [...new Map(forms.map((form) => [form.title, form])).values()].filter((form) => endText(form, now) !== undefined);
  return {
    notes: ended.map((form) => endText(form, now) ?? ""),
    hints: ended.flatMap(({ instead }) => (instead === undefined ? [] : [`in its place: ${instead}`])),
  };
}

/** A path as people write it. */
export function shortPath(path: string, environment: Environment): string {
  const home = homeOf(environment);
  return path.startsWith(home + sep) ? `~${path.slice(home.length)}` : pathFromHere(path);
}

function pathFromHere(path: string): string {
  const way = relative(process.cwd(), path);
  return way.startsWith("..") ? path : way;
}

function inOrder(files: readonly FoundFile[]): { path: string; format: string; secret: PlaintextSecret }[] {
  return files.flatMap(({ path, format, secrets }) =>
    secrets.toSorted((a, b) => a.line - b.line).map((secret) => ({ path, format, secret })),
  );
}
