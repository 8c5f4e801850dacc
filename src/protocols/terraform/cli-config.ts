/**
 * The settings of Terraform's and OpenTofu's command line, `.terraformrc`: HCL, of which only blocks at the top are looked at. Pure.
 *
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file
 */
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { entriesAt, keyAndValue, readJsonTree } from "../plaintext/json.ts";
import { reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { MarkedBlock } from "../text/marked-block.ts";
import { findInCredentialsFile } from "./credentials-file.ts";

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
  /** Whether it is in a block of its type, with others. */
  readonly isNested: boolean;
}

/** The text with our helper named in it; undefined: there is no file. @throws Failure `usage` if another one is named there */
export function addHelper(path: string, text: string | undefined): string {
  const others = text === undefined ? "" : (BLOCK.remove(text) ?? "");
  const helper = helperBlock(others);
  if (helper?.label === HELPER && text !== undefined) return text;
  if (helper !== undefined) {
    throw new Failure("usage", `${path} names another credentials helper in line ${lineAt(others, helper.start)}: ${helper.label}`, {
      hint: "Terraform takes one; it was left as it is. Take that one away, then try again",
    });
  }
  if (isJson(others)) {
    throw new Failure("usage", `${path} is JSON, in which toolkey writes nothing`, {
      hint: `it takes "credentials_helper": {"${HELPER}": {}}, with which toolkey setup terraform does the rest`,
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
  return helperBlock(text)?.label;
}

function helperBlock(text: string): { readonly label: string; readonly start: number } | undefined {
  if (!isJson(text)) return blocksOf(text).find(({ type }) => type === "credentials_helper");
  const [entry] = entriesAt(readJsonTree(text), "credentials_helper");
  return entry && { label: keyAndValue(entry).key, start: entry.offset };
}

/** Hosts with a token in the file: no helper is asked for them. */
export function hostsIn(text: string): string[] {
  if (isJson(text)) return entriesAt(readJsonTree(text), "credentials").map((entry) => keyAndValue(entry).key);
  return blocksOf(text).flatMap(({ type, label }) => (type === "credentials" ? [label] : []));
}

export function findInTerraformrc(text: string): PlaintextSecret[] {
  if (isJson(text)) return findInCredentialsFile(text);
  return blocksOf(text).flatMap(({ type, label: name, start, end, body, isNested }) => {
    const token = TOKEN.exec(body)?.[1];
    if (type !== "credentials" || token === undefined || token === "") return [];
    const base = { tool: "terraform", name, url: `https://${name}`, username: undefined };
    const found = { ...base, line: lineAt(text, start), secret: new Secret(token) };
    if (/["\\]|\$\{/.test(token)) return [reported({ ...found, stays: "it is written with escapes" })];
    if (body.replace(TOKEN, "").trim() !== "") return [reported({ ...found, stays: "there is more than a token" })];
    if (isNested) return [reported({ ...found, stays: "it is inside of another block" })];
    return [{ ...found, stays: undefined, pieces: [{ start, end }] }];
  });
}

/** Terraform takes JSON in this file, too. */
export function isJson(text: string): boolean {
  return /^\uFEFF?\s*\{/.test(text);
}

const TOKEN = /(?<![^\s,])"?token"?\s*=\s*"((?:[^"\\]|\\.)*)"/;

const COMMENT = /#[^\n]*|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/;
const TEXT = /<<-?(\w+)[^]*?\n[ \t]*\1(?=\n|$)|"(?:[^"\\\n]|\\.)*"/;
const NAME_OR_SIGN = /[+-]?\d[\w.+-]*|[\p{L}_][\p{L}\d_.-]*|[{}[\]=]/u;
const WORDS = new RegExp([COMMENT, TEXT, NAME_OR_SIGN].map(({ source }) => source).join("|"), "gu");

/** Types whose labels may be keys in a block without one, or in a value: to Terraform's reader (HCL 1) that is the same. */
const OF_HOSTS = /^credentials(_helper)?$/;

/** The blocks with one label at the top of a file, as far as it is well-formed. */
export function blocksOf(text: string): ConfigBlock[] {
  const blocks: ConfigBlock[] = [];
  let depth = 0;
  let head: { readonly word: string; readonly start: number }[] = [];
  let isValue = false;
  /** The block without a label that we are in. */
  let around: string | undefined;
  let open: Omit<ConfigBlock, "end" | "body"> | undefined;
  let body = "";
  let at = 0;
  for (const { 0: word, index } of text.matchAll(WORDS)) {
    if (open !== undefined) body += text.slice(at, index);
    at = index + word.length;
    if (/^(#|\/[/*])/.test(word)) continue;
    const isHead = depth === (around === undefined ? 0 : 1);
    if (/^[{[]$/.test(word)) {
      if (isHead) {
        const [last, type] = head.toReversed();
        if (around !== undefined && last !== undefined) open = { type: around, label: last.word, start: last.start, isNested: true };
        else if (last !== undefined && type !== undefined && !isValue)
          open = { type: type.word, label: last.word, start: type.start, isNested: false };
        else if (last !== undefined && type === undefined && OF_HOSTS.test(last.word)) around = last.word;
        [head, isValue, body] = [[], false, ""];
      } else body += word;
      depth += 1;
    } else if (/^[}\]]$/.test(word)) {
      depth = Math.max(0, depth - 1);
      const isEnd = depth === (around === undefined ? 0 : 1);
      if (isEnd && open !== undefined) {
        blocks.push({ ...open, end: at, body });
        open = undefined;
      } else if (open !== undefined) body += word;
      if (depth === 0) around = undefined;
      [head, isValue] = [[], false];
    } else if (!isHead) body += word;
    else if (word === "=") isValue = true;
    else if (isValue) [head, isValue] = [[], false];
    else head.push({ word: word.replaceAll('"', ""), start: index });
  }
  return blocks;
}
