/** `toolkey setup maven`: the block in ~/.mavenrc, which the scripts of Maven read before their arguments. */
import { MarkedBlock } from "../text/marked-block.ts";
import { shellWord } from "../text/shell-word.ts";

const BLOCK = new MarkedBlock("maven");

/**
 * The text with the hook in it; the same text if it is there already.
 *
 * @param hook the path of `bin/mavenrc`. One that is gone is no error of Maven's.
 */
export function addHook(text: string | undefined, hook: string): string {
  // A file that is sourced is not told where it is, except so.
  return BLOCK.add(text, [
    `toolkey_mavenrc=${shellWord(hook)}; [ ! -r "$toolkey_mavenrc" ] || . "$toolkey_mavenrc"; unset toolkey_mavenrc`,
  ]);
}

/** The text as it would be without the hook; undefined if there would be no file. */
export function removeHook(text: string): string | undefined {
  return BLOCK.remove(text);
}

/** The path of the hook that is set up; undefined if there is none. */
export function hookIn(text: string): string | undefined {
  const [line] = BLOCK.find(text) ?? [];
  const quoted = /^toolkey_mavenrc='(.*)'; \[/.exec(line ?? "")?.[1];
  return quoted?.replaceAll(String.raw`'\''`, "'");
}
