/** The URLs of tarballs in the metadata of packages. Pure. */

/** As it stands in JSON: a quote before the name that is escaped belongs to a text, and is none. */
const TARBALL = /(?<!\\)"tarball"\s*:\s*"((?:[^"\\]|\\\/)*)"/g;

/** Where clients expect them: `…/@acme/thing/-/thing-1.0.0.tgz`. One that is elsewhere they write into their lock files. */
const EXPECTED = /\/([^/]+)\/-\/\1-[^/]+\.tgz$/;

/**
 * Metadata with other URLs of the tarballs that are where clients expect them, and all else as it was.
 *
 * @param change undefined leaves a URL as it is
 */
export function rewriteTarballs(metadata: string, change: (url: URL) => string | undefined): string {
  return metadata.replaceAll(TARBALL, (whole, text: string) => {
    const url = text.replaceAll("\\/", "/");
    const changed = URL.canParse(url) && EXPECTED.test(new URL(url).pathname.replaceAll(/%2f/gi, "/")) ? change(new URL(url)) : undefined;
    return changed === undefined ? whole : `"tarball":${JSON.stringify(changed)}`;
  });
}
