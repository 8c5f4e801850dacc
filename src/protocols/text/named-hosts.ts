/**
 * URLs that a project writes down, and to which a client would take a token by mistake: some find the token of a URL by its host alone,
 * so that `http://host/` in a lock file gets that of `https://host/` without encryption. Pure.
 */
import type { Target } from "../../core/target.ts";

/** A file of the project that names what is fetched. */
export interface ProjectText {
  readonly path: string;
  readonly text: string;
}

const URL_START = /(https?):[\\/]*([^\s"'`<>{}|\\/?#,;()]+)/gi;
/** Before an `@` stands whatever one likes: `http://a,b@host`. */
const URL_WITH_USER = /(https?):[\\/]*(?:(?!https?:)[^\n"\\/?#])*@([^\s"'`<>{}|\\/?#,;()@]+)/gi;

/** A text that names more hosts, or longer ones, is taken to name any: to look at all of them would take its time. */
const MAX_HOSTS = 10_000;
const MAX_LENGTH = 1024;
const MAX_LENGTH_ALTOGETHER = 200_000;

/** What a text names: the origins, without what follows them; undefined if they are too many. */
const NAMED = new WeakMap<ProjectText, { readonly urls: readonly URL[] | undefined }>();

/**
 * Whether a text names the target's host without TLS, though the target has it, or at another port.
 *
 * @param anyPort also at another port, where the client takes a token to all ports of its host
 */
export function namesOtherwise(text: ProjectText, target: Target, anyPort: boolean): boolean {
  const urls = urlsOf(text);
  if (urls === undefined) return true;
  return urls.some(({ protocol, hostname, port }) => {
    if (hostname !== target.host) return false;
    if (protocol === "http:" && target.scheme === "https") return true;
    return anyPort && Number(port || (protocol === "http:" ? 80 : 443)) !== target.port;
  });
}

/** Whether a text names a host in any URL. */
export function namesHost(text: ProjectText, host: string): boolean {
  return urlsOf(text)?.some((url) => url.host === host) ?? true;
}

/** All that begins like a URL, read as it stands and as a quoted string of JSON, YAML or TOML. */
function urlsOf(named: ProjectText): readonly URL[] | undefined {
  const known = NAMED.get(named);
  if (known !== undefined) return known.urls;
  const urls = findUrls(named.text);
  NAMED.set(named, { urls });
  return urls;
}

function findUrls(text: string): readonly URL[] | undefined {
  const found = new Map<string, URL | undefined>();
  let length = 0;
  for (const reading of text.includes("\\") ? [text, unescaped(text)] : [text]) {
    for (const pattern of [URL_START, URL_WITH_USER]) {
      for (const [, scheme = "", authority = ""] of reading.matchAll(pattern)) {
        const origin = `${scheme}://${authority}`;
        if (found.has(origin)) continue;
        length += authority.length;
        if (found.size >= MAX_HOSTS || authority.length > MAX_LENGTH || length > MAX_LENGTH_ALTOGETHER) return undefined;
        found.set(origin, urlOf(origin));
      }
    }
  }
  return [...found.values()].filter((url) => url !== undefined);
}

function unescaped(text: string): string {
  return text.replace(
    /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|x([\da-fA-F]{2})|\r?\n[ \t]*|([\s\S]))/g,
    (_whole, four?: string, eight?: string, two?: string, other?: string) => {
      const code = four ?? eight ?? two;
      if (code !== undefined) return Number.parseInt(code, 16) <= 0x10ffff ? String.fromCodePoint(Number.parseInt(code, 16)) : "";
      // Line breaks and tabs within a URL are passed over by those who read it.
      if (other === undefined || "tnr".includes(other)) return "";
      // Not the end of a string.
      return other === '"' ? "%22" : other;
    },
  );
}

function urlOf(origin: string): URL | undefined {
  try {
    return new URL(origin);
  } catch {
    return undefined;
  }
}
