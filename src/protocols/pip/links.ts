/**
 * The links in pages of packages (PEP 503: HTML; PEP 691: JSON), all of them written out: those that begin at the root of a host, or with
 * its name, would lead past the gateway, and `../../..` to another host behind it. Pure.
 */
import { asRecord } from "../npm/configuration/manifest.ts";

/** What the client is to follow in place of a URL; undefined for nowhere. */
export type Follow = (url: URL) => string | undefined;

const NOWHERE = "#";

/** @param page where it is */
export function rewriteLinks(text: string, page: URL, follow: Follow): string {
  return text.trimStart().startsWith("{") ? rewriteJson(text, page, follow) : rewriteHtml(text, page, follow);
}

function rewriteJson(text: string, page: URL, follow: Follow): string {
  let document: Record<string, unknown>;
  try {
    document = asRecord(JSON.parse(text));
  } catch {
    return text;
  }
  const { files } = document;
  if (!Array.isArray(files)) return text;
  return JSON.stringify({
    ...document,
    files: files.map((file: unknown) => {
      const { url } = asRecord(file);
      return typeof url === "string" ? { ...asRecord(file), url: led(url, page, follow) } : file;
    }),
  });
}

function rewriteHtml(text: string, page: URL, follow: Follow): string {
  const links = linksIn(text);
  const base = links.find(({ isBase }) => isBase)?.value;
  const from = base !== undefined && URL.canParse(base, page.href) ? new URL(base, page) : page;
  let rewritten = "";
  let at = 0;
  for (const { start, end, value, isBase } of links) {
    const changed = led(value, isBase ? page : from, follow).replaceAll("&", "&amp;").replaceAll('"', "%22");
    rewritten += `${text.slice(at, start)}"${changed}"`;
    at = end;
  }
  return rewritten + text.slice(at);
}

function led(link: string, from: URL, follow: Follow): string {
  if (!URL.canParse(link, from.href)) return NOWHERE;
  const url = new URL(link, from);
  const { hash } = url;
  url.hash = "";
  const leads = follow(url);
  return leads === undefined ? NOWHERE : `${leads}${hash}`;
}

interface Link {
  /** Where its value stands, with its quotes. */
  readonly start: number;
  readonly end: number;
  readonly value: string;
  readonly isBase: boolean;
}

const TAG = /<(a|base)(?=[\s/>])/gi;
const ATTRIBUTE = /[\s/]*([^\s/>=]+)(\s*=\s*)?/y;

/** Each character is looked at a few times at most, whatever the text is. */
function linksIn(text: string): Link[] {
  const links: Link[] = [];
  const tag = new RegExp(TAG);
  const attribute = new RegExp(ATTRIBUTE);
  for (let found = tag.exec(text); found !== null; found = tag.exec(text)) {
    attribute.lastIndex = tag.lastIndex;
    for (let named = attribute.exec(text); named !== null; named = attribute.exec(text)) {
      const start = attribute.lastIndex;
      tag.lastIndex = start;
      if (named[2] === undefined) continue;
      const end = valueEnd(text, start);
      // A quote that does not end: nothing behind it is a tag.
      if (end === undefined) return links;
      attribute.lastIndex = end;
      tag.lastIndex = end;
      if (named[1]?.toLowerCase() !== "href") continue;
      const value = text.slice(start, end).replace(/^(["'])([^]*)\1$/, "$2").trim().replaceAll("&amp;", "&");
      links.push({ start, end, value, isBase: found[1]?.toLowerCase() === "base" });
    }
  }
  return links;
}

function valueEnd(text: string, start: number): number | undefined {
  const quote = text[start];
  if (quote === '"' || quote === "'") {
    const end = text.indexOf(quote, start + 1);
    return end === -1 ? undefined : end + 1;
  }
  const bare = /[^\s>]*/y;
  bare.lastIndex = start;
  return start + (bare.exec(text)?.[0].length ?? 0);
}
