/** How deeply a YAML text is nested, found out without calling oneself. */
import type { Lexer, Parser } from "yaml";

/** No configuration is nested more deeply. Keys within keys take the fifth power of their depth. */
const MAX_DEPTH = 30;

/**
 * Whether a text is nested so deeply that it must not be parsed: the parser calls itself for each level, and where
 * no stack is left Node may end at once (`RegExpCompiler Allocation failed`) instead of throwing.
 *
 * @param yaml the package, which is loaded when it is first needed
 */
export function isTooDeep(yaml: { readonly Lexer: typeof Lexer; readonly Parser: typeof Parser }, text: string): boolean {
  const parser = new yaml.Parser();
  for (const lexeme of new yaml.Lexer().lex(text)) {
    for (const _token of parser.next(lexeme)) void _token;
    if (parser.stack.length > MAX_DEPTH) return true;
  }
  return false;
}
