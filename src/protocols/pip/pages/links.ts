/**
 * The links in pages of packages (PEP 503: HTML; PEP 691: JSON), all of them written out: those that begin at the root of a host, or with
 * its name, would lead past the gateway, and `../../..` to another host behind it. A page that pip could read otherwise is refused. Pure.
 */
import { Failure } from "../../../core/failure.ts";
import { asRecord } from "../../text/as-record.ts";
import { tagsOf, type Tag } from "./page-tags.ts";

/** What the client is to follow in place of a URL; undefined for nowhere. */
export type Follow = (url: URL) => string | undefined;

export interface Page {
  readonly url: URL;
  /** The header. */
  readonly contentType: string;
}

const NOWHERE = "#";

/** In which whatever is markup is written as in ASCII. */
const CHARSET = /^(utf-?8|(us-)?ascii|iso-8859-1|latin-?1)$/i;
const TYPE = /^[\w.+-]+\/[\w.+-]+$/;
const PARAMETER = /^([\w-]+)=("?)([\w.:+-]*)\2$/;

/** @throws Failure `unavailable` for a page that pip could read otherwise */
export function rewriteLinks(text: string, { url, contentType }: Page, follow: Follow): string {
  const type = plainType(contentType);
  const content = text.replace(/^\uFEFF/, "");
  // As pip tells them apart: what it takes for HTML may look like JSON.
  return /json/.test(type) && !type.startsWith("text/html") ? rewriteJson(content, url, follow) : rewriteHtml(content, url, follow);
}

/** Without its parameters, which Python takes apart in a way of its own. */
function plainType(contentType: string): string {
  const [type = "", ...parameters] = contentType.toLowerCase().split(";").map((part) => part.trim());
  const named = parameters.filter((part) => part !== "").map((part) => PARAMETER.exec(part));
  const charsets = named.filter((each) => each?.[1] === "charset");
  if (!TYPE.test(type) || named.includes(null) || charsets.length > 1)
    throw new Failure("unavailable", "the page of the index has a content type that not all read in the same way");
  checkCharset(charsets[0]?.[3]);
  return type;
}

function checkCharset(charset: string | undefined): void {
  if (charset !== undefined && !CHARSET.test(charset))
    throw new Failure("unavailable", "the page of the index is in a charset other than UTF-8, ASCII and Latin-1");
}

function rewriteJson(text: string, page: URL, follow: Follow): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Failure("unavailable", "the page of the index is no JSON", { cause: error });
  }
  const { files } = asRecord(document);
  // For pip there is no page without such a list, and what it gets is what was read here.
  if (!Array.isArray(files)) return JSON.stringify(document);
  return JSON.stringify({
    ...asRecord(document),
    files: files.map((file: unknown) => {
      const { url } = asRecord(file);
      return typeof url === "string" ? { ...asRecord(file), url: led(url, page, follow) } : file;
    }),
  });
}

function rewriteHtml(text: string, page: URL, follow: Follow): string {
  const tags = tagsOf(text);
  tags.filter(({ name }) => name === "meta").forEach(checkMeta);
  const links = tags.flatMap(({ name, attributes }) =>
    name === "a" || name === "base"
      ? attributes
          .filter((attribute) => attribute.name === "href")
          .map(({ value, ...place }) => ({ ...place, value: value.trim().replaceAll("&amp;", "&"), isBase: name === "base" }))
      : [],
  );
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

function checkMeta({ attributes }: Tag): void {
  for (const { name, value } of attributes) {
    if (name === "charset") checkCharset(value.trim());
    if (name === "content") checkCharset(/charset\s*=\s*["']?([^\s"';]*)/i.exec(value)?.[1]);
  }
}

function led(link: string, from: URL, follow: Follow): string {
  if (!URL.canParse(link, from.href)) return NOWHERE;
  const url = new URL(link, from);
  const { hash } = url;
  url.hash = "";
  const leads = follow(url);
  return leads === undefined ? NOWHERE : `${leads}${hash}`;
}
