/**
 * URLs that a project writes down, and to which a client would take a token by mistake: npm, pnpm and
 * yarn 1 find the token of a URL by host and path alone, so that `http://host/` in a lock file gets that
 * of `https://host/` without encryption. Pure.
 */
import type { Target } from "../../core/target.ts";

/** A file of the project that names what is fetched. */
export interface ProjectText {
  readonly path: string;
  readonly text: string;
}

const DESCRIPTIVE = ["homepage", "bugs", "repository", "author", "contributors", "maintainers", "funding", "license", "licenses", "description", "keywords"];
const URL_START = /(https?):[\\/]*([^\s"'`<>{}|\\/?#,;()]+)/gi;

/**
 * Whether a text names the target's host without TLS, though the target has it, or at another port.
 *
 * @param anyPort also at another port: pnpm takes a token of `//host/` to all ports of the host
 */
export function namesOtherwise(text: string, target: Target, anyPort: boolean): boolean {
  return urlsOf(text).some(({ protocol, hostname, port }) => {
    if (hostname !== target.host) return false;
    if (protocol === "http:" && target.scheme === "https") return true;
    return anyPort && Number(port || (protocol === "http:" ? 80 : 443)) !== target.port;
  });
}

/** Whether a text names a host in any URL. */
export function namesHost(text: string, host: string): boolean {
  return urlsOf(text).some((url) => url.host === host);
}

/** `package.json` without what is only read by people, where an old `http://` homepage is no danger. */
export function fetchedOf({ path, text }: ProjectText): ProjectText {
  if (!path.endsWith("/package.json")) return { path, text };
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== "object" || manifest === null) return { path, text };
    return { path, text: JSON.stringify(Object.fromEntries(Object.entries(manifest).filter(([key]) => !DESCRIPTIVE.includes(key)))) };
  } catch {
    return { path, text };
  }
}

/** All that begins like a URL, read as it stands and as a quoted string of JSON, YAML or TOML. */
function urlsOf(text: string): URL[] {
  const readings = text.includes("\\") ? [text, unescaped(text)] : [text];
  return readings.flatMap((reading) => [...reading.matchAll(URL_START)].flatMap(([, scheme = "", authority = ""]) => urlOf(scheme, authority) ?? []));
}

function unescaped(text: string): string {
  return text.replace(
    /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|x([\da-fA-F]{2})|\r?\n[ \t]*|([\s\S]))/g,
    (_whole, four?: string, eight?: string, two?: string, other?: string) => {
      const code = four ?? eight ?? two;
      if (code !== undefined) return Number.parseInt(code, 16) <= 0x10ffff ? String.fromCodePoint(Number.parseInt(code, 16)) : "";
      // Line breaks and tabs within a URL are passed over by those who read it.
      return other === undefined || "tnr".includes(other) ? "" : other;
    },
  );
}

function urlOf(scheme: string, authority: string): URL | undefined {
  try {
    return new URL(`${scheme}://${authority}`);
  } catch {
    return undefined;
  }
}
