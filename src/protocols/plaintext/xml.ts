import { SaxesParser } from "saxes";
import { Failure } from "../../core/failure.ts";
import type { Piece } from "./plaintext-secret.ts";

/** An element: its text without that of the elements in it, and where it and its two tags are. */
export interface Element {
  readonly name: string;
  readonly text: string;
  readonly children: readonly Element[];
  readonly whole: Piece;
  readonly openTag: Piece;
  readonly closeTag: Piece;
}

type Growing = { -readonly [Field in keyof Element]: Element[Field] } & { children: Growing[] };

/**
 * Reads a document, strictly: nothing of one that is not well-formed is used.
 *
 * @throws Failure `unavailable` with line and column
 */
export function readXml(text: string): Element | undefined {
  const parser = new SaxesParser({ position: true });
  const open: Growing[] = [];
  let root: Growing | undefined;
  parser.on("error", ({ message }) => {
    // What follows a second colon is a name from the text.
    const reason = message.replace(/^\d+:\d+: /, "").replace(/[:.].*$/s, "");
    throw new Failure("unavailable", `line ${parser.line}, column ${parser.column}: it is not well-formed XML (${reason})`);
  });
  parser.on("opentagstart", ({ name }) => {
    const start = text.lastIndexOf("<", parser.position - 1);
    const nowhere = { start, end: start };
    const element: Growing = { name, text: "", children: [], whole: nowhere, openTag: nowhere, closeTag: nowhere };
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
    open.push(element);
  });
  parser.on("opentag", () => {
    const element = open.at(-1);
    if (element !== undefined) element.openTag = { start: element.whole.start, end: parser.position };
  });
  const addText = (part: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += part;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", ({ isSelfClosing }) => {
    const element = open.pop();
    if (element === undefined) return;
    const end = parser.position;
    element.closeTag = { start: isSelfClosing ? end : text.lastIndexOf("<", end - 1), end };
    element.whole = { start: element.whole.start, end };
  });
  parser.write(text).close();
  return root;
}

/** The elements along a path of names below an element. */
export function elementsAt(element: Element | undefined, ...path: readonly string[]): readonly Element[] {
  let found: readonly Element[] = element === undefined ? [] : [element];
  for (const name of path) found = found.flatMap(({ children }) => children.filter((child) => child.name === name));
  return found;
}

/** The text of a child; undefined if there is none. */
export function childText(element: Element, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text.trim();
}
