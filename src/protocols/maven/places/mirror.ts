/** Which mirror Maven takes: DefaultMirrorSelector of maven-resolver-util, the same in 3.8, 3.9 and 4. */

/** A repository as mirrors look at it. */
interface Mirrored {
  readonly id: string;
  /** Undefined if it isn't known. */
  readonly url: string | undefined;
}

/** The first that names the id and nothing else; then the first whose pattern it matches. */
export function selectMirror<Mirror extends { readonly mirrorOf: string }>(
  repository: Mirrored,
  mirrors: readonly Mirror[],
): Mirror | undefined {
  return mirrors.find(({ mirrorOf }) => mirrorOf === repository.id) ?? mirrors.find(({ mirrorOf }) => matches(repository, mirrorOf));
}

function matches({ id, url }: Mirrored, pattern: string): boolean {
  let matched = false;
  for (const part of pattern.split(",").map((word) => word.trim())) {
    if (part === `!${id}`) return false;
    if (part === id) return true;
    if (part === "*" || (part === "external:*" && isExternal(url)) || (part === "external:http:*" && isExternal(url) && isPlain(url)))
      matched = true;
  }
  return matched;
}

function isExternal(url: string | undefined): boolean {
  return !/^file:|^[a-z+:]+:\/\/(localhost|127\.0\.0\.1)([:/]|$)/i.test(url ?? "");
}

function isPlain(url: string | undefined): boolean {
  return /^(http|dav|dav:http|dav\+http):/i.test(url ?? "");
}
