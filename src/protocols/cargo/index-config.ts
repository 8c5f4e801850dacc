/** The `config.json` of an index, which says where the crates are. Pure. */
import { hasDots } from "../../core/target.ts";
import { asRecord } from "../text/as-record.ts";

/** What Cargo puts into a template that stays within its segment; `{sha256-checksum}` may be any text of the index. */
const MARKER = /\{(crate|version|prefix|lowerprefix)\}/g;
/** A host that every program reads as the same one. */
const BEGINNING = /^https?:\/\/[^/?#{}\\\s\p{Cc}]+(?=[/?#]|$)/iu;
/** What a client, or a server, may take for the end of a segment or of the path. */
const AMBIGUOUS = /[\\?#{}\s\p{Cc}]|\/\/|%(25|2[3ef]|3[bf]|5c|[01]|7f)/iu;

/**
 * The same with crates to be had through the gateway where they are at the host of the index, and Cargo is to say who it is. What is
 * elsewhere stays as it is: Cargo goes there by itself.
 *
 * @param follow what Cargo is to ask in place of a URL; undefined for nowhere
 * @returns the text as it was if it is no such file
 */
export function leadCrates(text: string, follow: (url: URL) => string | undefined): string {
  const { dl, ...others } = parse(text);
  if (typeof dl !== "string") return text;
  const beginning = BEGINNING.exec(dl)?.[0];
  const rest = dl.slice(beginning?.length);
  const plain = rest.replaceAll(MARKER, "x");
  const url = beginning !== undefined && URL.canParse(`${beginning}${plain}`) ? new URL(`${beginning}${plain}`) : undefined;
  const led = url && follow(url);
  if (url === undefined || led === undefined) return `${JSON.stringify(others)}\n`;
  // A path that Cargo's HTTP library resolves would be one of the gateway's, which leads to other hosts.
  if (led === url.href || AMBIGUOUS.test(plain) || hasDots(plain) || !["", url.pathname].includes(plain)) return text;
  return `${JSON.stringify({ ...others, dl: `${led.slice(0, led.length - url.pathname.length)}${rest}`, "auth-required": true })}\n`;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return {};
  }
}
