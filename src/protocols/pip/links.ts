/**
 * The links in pages of packages (PEP 503: HTML; PEP 691: JSON). What is written from the root of a host, or with its name, would lead
 * past the gateway, or to another place of it; what is written from the page itself leads through it already. Pure.
 */

/** Of `a` and `base`; quotes may be left out. */
const HREF = /(<(?:a|base)\b[^>]*?\shref\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/gi;
/** As it stands in JSON: a quote before the name that is escaped belongs to a text. */
const JSON_URL = /(?<!\\)("url"\s*:\s*)("(?:[^"\\]|\\.)*")/g;
const FROM_ROOT = /^(\/|https?:)/i;

/**
 * @param page where it is
 * @param through the same place through the gateway; undefined where that does not lead there
 */
export function rewriteLinks(text: string, page: URL, through: (url: URL) => string | undefined): string {
  const led = (link: string): string | undefined => {
    if (!FROM_ROOT.test(link) || !URL.canParse(link, page.href)) return undefined;
    const url = new URL(link, page);
    const leads = through(url);
    return leads === undefined ? url.href : `${leads}${url.hash}`;
  };
  if (text.trimStart().startsWith("{"))
    return text.replaceAll(JSON_URL, (whole, before: string, quoted: string) => {
      const changed = led(unquoted(quoted));
      return changed === undefined ? whole : `${before}${JSON.stringify(changed)}`;
    });
  return text.replaceAll(HREF, (whole, before: string, value: string) => {
    const changed = led(value.replace(/^(["'])(.*)\1$/s, "$2").trim().replaceAll("&amp;", "&"));
    return changed === undefined ? whole : `${before}"${changed.replaceAll("&", "&amp;").replaceAll('"', "%22")}"`;
  });
}

function unquoted(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return "";
  }
}
