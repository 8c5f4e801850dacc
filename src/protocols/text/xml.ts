/** XML as a tree that knows where in the text its parts are, so that a text can be changed and else stay as it is. */
import type { SaxesParser } from "saxes";

/** An element. Offsets are indexes into the text, in UTF-16 units. */
export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Its own text without that of its children, trimmed. */
  readonly text: string;
  /** Of its `<`. */
  readonly start: number;
  /** After the `>` of its start tag; of `<a/>` the end. */
  readonly contentStart: number;
  /** Of the `<` of its end tag; of `<a/>` the end. */
  readonly contentEnd: number;
  /** After its last `>`. */
  readonly end: number;
}

/** Where a text is not XML, and why. */
export interface XmlFault {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

/** More is no configuration, and trees are walked by functions that call themselves. */
const MAX_DEPTH = 200;
/** In UTF-16 units; more is no configuration either. */
const MAX_LENGTH = 4_000_000;

/** Ends the parser, which would go on behind a fault, and be slow with what is nested deeply. */
class Ended extends Error {}

interface Open {
  readonly element: { -readonly [Key in keyof Element]: Element[Key] };
  readonly children: Element[];
}

/** What entities may be in a text besides those of XML itself, which alone are expanded. */
interface XmlReading {
  /** `kept`: others stay as they are written (as readers that know those of HTML do). `fault`: they are one. */
  readonly otherEntities: "kept" | "fault";
}

/** As `parseXml`; the parser is loaded when it is needed. */
export async function readXml(text: string, reading: XmlReading = { otherEntities: "kept" }): Promise<Element | XmlFault> {
  const { SaxesParser } = await import("saxes");
  return parseXml(text, new SaxesParser(), reading);
}

/** Reads a text with a new parser. Nothing is fetched. A document type is a fault. */
export function parseXml(text: string, parser: SaxesParser, { otherEntities }: XmlReading): Element | XmlFault {
  // The parser's own table has a prototype, and so an entity named `constructor`.
  parser.ENTITIES = Object.assign(Object.create(null) as Record<string, string>, { amp: "&", gt: ">", lt: "<", quot: '"', apos: "'" });
  let fault: XmlFault | undefined;
  let root: Element | undefined;
  const open: Open[] = [];
  const fail = (reason: string): never => {
    fault ??= { line: parser.line, column: parser.column, reason };
    throw new Ended();
  };
  const addText = (more: string): void => {
    const innermost = open.at(-1)?.element;
    if (innermost !== undefined) innermost.text += more;
  };
  parser.on("error", (error) => {
    const reason = error.message.replace(/^\d+:\d+: /, "").replace(/\.$/, "");
    if (otherEntities === "fault" || reason !== "undefined entity") fail(reason);
  });
  parser.on("doctype", () => fail("it has a document type"));
  parser.on("opentag", ({ name }) => {
    if (open.length >= MAX_DEPTH) return fail("it is nested too deeply");
    const end = parser.position;
    const children: Element[] = [];
    open.push({
      element: { name, children, text: "", start: text.lastIndexOf("<", end - 1), contentStart: end, contentEnd: end, end },
      children,
    });
  });
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", ({ isSelfClosing }) => {
    const closed = open.pop()?.element;
    if (closed === undefined) return;
    closed.end = parser.position;
    closed.contentEnd = isSelfClosing ? closed.end : text.lastIndexOf("<", closed.end - 1);
    closed.text = closed.text.trim();
    const parent = open.at(-1);
    if (parent === undefined) root ??= closed;
    else parent.children.push(closed);
  });
  if (text.length > MAX_LENGTH) return { line: 1, column: 0, reason: "it is too long" };
  try {
    parser.write(text).close();
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
  }
  return fault ?? root ?? { line: parser.line, column: parser.column, reason: "it has no element" };
}

export function isFault(read: object): read is XmlFault {
  return "reason" in read;
}

/** The first child of a name, through several levels. */
export function child(element: Element | undefined, ...names: readonly string[]): Element | undefined {
  return names.reduce<Element | undefined>((found, name) => found?.children.find((inner) => inner.name === name), element);
}

/** The text of such a child; undefined if there is none, or it is empty. */
export function childText(element: Element | undefined, ...names: readonly string[]): string | undefined {
  return child(element, ...names)?.text || undefined;
}

/** All elements along a path of names below an element. */
export function childrenOf(element: Element | undefined, ...path: readonly string[]): readonly Element[] {
  let found: readonly Element[] = element === undefined ? [] : [element];
  for (const name of path) found = found.flatMap(({ children }) => children.filter((inner) => inner.name === name));
  return found;
}

/** Whether `<a/>` is how it is written. */
export function isSelfClosing(element: Element): boolean {
  return element.contentStart === element.end;
}

/**
 * A text as the content of an element, in ASCII, so that it means the same whatever encoding a document
 * declares.
 */
export function escapeXml(text: string): string {
  return text.replace(/[^\u0020-\u007e]|[&<>"']/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
}
