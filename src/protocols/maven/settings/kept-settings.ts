/**
 * What `toolkey setup maven --gateway` puts into the person's settings.xml: each piece between two comments, so that all
 * can be taken away again, and what was there before comes back.
 */
import { apply, settingsEdits, type Additions, type Edit } from "./settings-merge.ts";
import { NO_SETTINGS, type SettingsDocument } from "./settings-document.ts";

const BEGIN = "toolkey: begin";
// In a comment no two dashes may follow each other.
const HOW = "'toolkey setup maven' with the option undo takes this away";
const NEW = ", and the file, if nothing else is in it";
const REPLACES = ", and puts back ";
const END = "<!-- toolkey: end -->";
const PIECE = new RegExp(
  `<!-- ${BEGIN} \\((?<id>[\\w-]+)\\): ${HOW}(?<isNew>${NEW})?(?:${REPLACES}(?<replaced>\\S*))? -->[\\s\\S]*?${END}`,
  "g",
);

/**
 * The text with the pieces in it.
 *
 * @param document the person's, without such pieces; undefined if there is no file
 * @param phantom the id of the phantom that is in the additions
 */
export function addKept(
  document: SettingsDocument,
  additions: Additions,
  { phantom, isNew }: { readonly phantom: string; readonly isNew: boolean },
): string {
  const piece = ({ start, end, text }: Edit): Edit => {
    const replaced = document.text.slice(start, end);
    const back = replaced === "" ? "" : `${REPLACES}${encodeURIComponent(replaced).replaceAll("-", "%2D")}`;
    return { start, end, text: `<!-- ${BEGIN} (${phantom}): ${HOW}${isNew ? NEW : ""}${back} -->\n${text}\n${END}` };
  };
  return apply(
    document.text,
    settingsEdits(document, additions)
      .filter(({ start, end, text }) => text !== document.text.slice(start, end))
      .map(piece),
  );
}

/** The text as it would be without the pieces; undefined if there would be no file. */
export function removeKept(text: string): string | undefined {
  let isNew = false;
  const rest = text.replaceAll(PIECE, (...match) => {
    const groups = match.at(-1) as { isNew?: string; replaced?: string };
    isNew ||= groups.isNew !== undefined;
    return decodeURIComponent(groups.replaced ?? "");
  });
  return isNew && rest === NO_SETTINGS ? undefined : rest;
}

/** The id of the phantom that is in the text, and the gateway where it is to be used; undefined if there is none. */
export function keptIn(text: string): { readonly phantom: string; readonly gateway: string | undefined } | undefined {
  const [piece] = text.matchAll(PIECE);
  const phantom = piece?.groups?.["id"];
  if (phantom === undefined) return undefined;
  return {
    phantom,
    gateway: [...text.matchAll(PIECE)]
      .map(([inside]) => /<url>(http:\/\/127\.0\.0\.1:\d+)\//.exec(inside)?.[1])
      .find((url) => url !== undefined),
  };
}
