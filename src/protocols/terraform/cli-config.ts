/**
 * The settings of Terraform's and OpenTofu's command line, `.terraformrc`: HCL, of which only blocks at the top are looked at. Pure.
 *
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file
 */
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { MarkedBlock } from "../text/marked-block.ts";

const BLOCK = new MarkedBlock("terraform");

/** The name under which Terraform looks for `terraform-credentials-NAME`. */
const HELPER = "toolkey";

/** A block at the top: `credentials "app.terraform.io" { … }`. */
interface ConfigBlock {
  readonly type: string;
  readonly label: string;
  readonly start: number;
  readonly end: number;
  /** What is between the braces, without comments. */
  readonly body: string;
}

/** The text with our helper named in it; undefined: there is no file. @throws Failure `usage` if another one is named there */
export function addHelper(path: string, text: string | undefined): string {
  const others = text === undefined ? "" : (BLOCK.remove(text) ?? "");
  const helper = blocksOf(others).find(({ type }) => type === "credentials_helper");
  if (helper?.label === HELPER && text !== undefined) return text;
  if (helper !== undefined) {
    throw new Failure("usage", `${path} names another credentials helper in line ${lineAt(others, helper.start)}: ${helper.label}`, {
      hint: "Terraform takes one; it was left as it is. Take that one away, then try again",
    });
  }
  return BLOCK.ensure(text, [`credentials_helper "${HELPER}" {}`]);
}

/** A block with the token of a host. */
export function credentialsBlock(host: string, token: string): string {
  // HCL of the first version, in which nothing is replaced there.
  return `credentials "${host}" {\n  token = ${JSON.stringify(token)}\n}\n`;
}

/** The text without our block; undefined if there would be no file. */
export function removeHelper(text: string): string | undefined {
  return BLOCK.remove(text);
}

export function namesHelper(text: string): boolean {
  return helperIn(text) === HELPER;
}

/** The helper that is named there. */
export function helperIn(text: string): string | undefined {
  return blocksOf(text).find(({ type }) => type === "credentials_helper")?.label;
}

/** Hosts with a token in the file: no helper is asked for them. */
export function hostsIn(text: string): string[] {
  return blocksOf(text).flatMap(({ type, label }) => (type === "credentials" ? [label] : []));
}

export function findInTerraformrc(text: string): PlaintextSecret[] {
  return blocksOf(text).flatMap(({ type, label: name, start, end, body }) => {
    const token = /(?:^|[\s,])token\s*=\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
    if (type !== "credentials" || token === undefined || token === "") return [];
    const base = { tool: "terraform", name, url: `https://${name}`, username: undefined, line: lineAt(text, start) };
    if (/["\\]|\$\{/.test(token)) return [reported({ ...base, secret: new Secret(token), stays: "it is written with escapes" })];
    const isAlone = body.replace(/token\s*=\s*"[^"]*"/, "").trim() === "";
    if (!isAlone) return [reported({ ...base, secret: new Secret(token), stays: "there is more than a token" })];
    return [{ ...base, secret: new Secret(token), stays: undefined, pieces: [{ start, end }] }];
  });
}

/** The blocks with one label at the top of a file, as far as it is well-formed. */
export function blocksOf(text: string): ConfigBlock[] {
  const blocks: ConfigBlock[] = [];
  const words = /#[^\n]*|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|<<-?(\w+)[^]*?\n[ \t]*\1(?=\n|$)|"(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w-]*|[{}[\]=]/g;
  let depth = 0;
  let head: { readonly word: string; readonly start: number }[] = [];
  let open: Omit<ConfigBlock, "end" | "body"> | undefined;
  let body = "";
  let at = 0;
  for (const { 0: word, index } of text.matchAll(words)) {
    if (depth > 0) body += text.slice(at, index);
    at = index + word.length;
    if (/^(#|\/[/*])/.test(word)) continue;
    if (/^[{[]$/.test(word)) {
      if (depth === 0) {
        const [type, label] = head.slice(-2);
        const isBlock = type !== undefined && label !== undefined && /^[A-Za-z]/.test(type.word) && /^["A-Za-z]/.test(label.word);
        open = isBlock ? { type: type.word, label: label.word.replaceAll('"', ""), start: type.start } : undefined;
        body = "";
      } else body += word;
      depth += 1;
    } else if (/^[}\]]$/.test(word)) {
      depth = Math.max(0, depth - 1);
      if (depth > 0) body += word;
      else if (open !== undefined) blocks.push({ ...open, end: at, body });
      if (depth === 0) head = [];
    } else if (depth === 0) head = word === "=" ? [] : [...head, { word, start: index }];
    else body += word;
  }
  return blocks;
}
