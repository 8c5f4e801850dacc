/** The URLs of tarballs in the metadata of packages. Pure. */

/** As it stands in JSON: a quote before the name that is escaped belongs to a text, and is none. */
const TARBALL = /(?<!\\)"tarball"\s*:\s*"((?:[^"\\]|\\\/)*)"/g;

/**
 * Metadata with other URLs of tarballs, and all else as it was.
 *
 * @param change undefined leaves a URL as it is
 */
export function rewriteTarballs(metadata: string, change: (url: URL) => string | undefined): string {
  return metadata.replaceAll(TARBALL, (whole, text: string) => {
    const url = text.replaceAll("\\/", "/");
    const changed = URL.canParse(url) ? change(new URL(url)) : undefined;
    return changed === undefined ? whole : `"tarball":${JSON.stringify(changed)}`;
  });
}
