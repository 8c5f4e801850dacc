/**
 * The tags of a page in HTML, where all parsers see the same: Python's has changed with its versions, and takes comments, scripts and
 * broken tags otherwise than browsers do. A page that could be read in two ways is refused. Pure.
 */
import { Failure } from "../../../core/failure.ts";

export interface Tag {
  /** In lower case. */
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

export interface Attribute {
  /** In lower case. */
  readonly name: string;
  /** Without its quotes, not decoded. */
  readonly value: string;
  /** Where it stands, with its quotes. */
  readonly start: number;
  readonly end: number;
}

/** What is in them is text for some parsers. */
const RAW = /^(script|style|textarea|title|xmp|iframe|noembed|noframes|noscript|plaintext)$/;

const MARKUP = /<(?=[a-z/!?])/gi;
const DECLARATION = /<!doctype[^<>]*>|<\?[^<>]*>/iy;
const END_TAG = /<\/([a-z][\w:.-]*)[ \t\r\n\f]*>/iy;
const START_TAG = /<([a-z][\w:.-]*)/iy;
const ATTRIBUTE =
  /[ \t\r\n\f]+([a-z_:@][\w:.@-]*)(?:[ \t\r\n\f]*=[ \t\r\n\f]*("[^"]*"|'[^']*'|(?!=)[!#-&(-;=?-_a-~]+))?/iy;
const TAG_END = /[ \t\r\n\f]*\/?>/y;

/**
 * Each character is looked at a few times at most, whatever the text is.
 *
 * @throws Failure `unavailable`
 */
export function tagsOf(text: string): Tag[] {
  const tags: Tag[] = [];
  let raw: string | undefined;
  const markup = new RegExp(MARKUP);
  for (let found = markup.exec(text); found !== null; found = markup.exec(text)) {
    const at = found.index;
    const ended = matchAt(END_TAG, text, at);
    if (raw !== undefined && ended?.[1]?.toLowerCase() !== raw) throw unclear(`markup within <${raw}>`);
    if (ended !== undefined) {
      raw = undefined;
      markup.lastIndex = at + ended[0].length;
    } else if (text.startsWith("<!--", at)) markup.lastIndex = commentEnd(text, at);
    else if (/[!?]/.test(text[at + 1] ?? "")) {
      const declared = matchAt(DECLARATION, text, at);
      if (declared === undefined) throw unclear("a declaration that is no doctype");
      markup.lastIndex = at + declared[0].length;
    } else {
      const { tag, end } = startTag(text, at);
      tags.push(tag);
      if (RAW.test(tag.name)) raw = tag.name;
      markup.lastIndex = end;
    }
  }
  if (raw !== undefined) throw unclear(`<${raw}> without an end`);
  return tags;
}

function startTag(text: string, at: number): { readonly tag: Tag; readonly end: number } {
  const opened = matchAt(START_TAG, text, at);
  const attributes: Attribute[] = [];
  let end = at + (opened?.[0].length ?? 0);
  for (let named = matchAt(ATTRIBUTE, text, end); named !== undefined; named = matchAt(ATTRIBUTE, text, end)) {
    end += named[0].length;
    const quoted = named[2];
    if (quoted === undefined) continue;
    const value = quoted.replace(/^(["'])([^]*)\1$/, "$2");
    attributes.push({ name: named[1]?.toLowerCase() ?? "", value, start: end - quoted.length, end });
  }
  const closed = matchAt(TAG_END, text, end);
  if (opened === undefined || closed === undefined) throw unclear("a tag that is not well-formed");
  return { tag: { name: opened[1]?.toLowerCase() ?? "", attributes }, end: end + closed[0].length };
}

/** Some end a comment at `-- >`, at `--!>`, or at `<!-->`. */
function commentEnd(text: string, at: number): number {
  const start = at + "<!--".length;
  const end = text.indexOf("-->", start);
  const content = text.slice(start, end);
  if (end === -1 || (/[<>]/.test(content) && /--|^-?>|-$/.test(content))) throw unclear("a comment whose end is not plain");
  return end + "-->".length;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function unclear(what: string): Failure {
  return new Failure("unavailable", `the page of the index has ${what}, which not all read in the same way`);
}
