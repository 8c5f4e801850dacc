/** Where an answer says that the client is to go next. Pure, but for what it is told. */
import type { Headers } from "../headers.ts";

/** @param base the URL that was asked */
export function redirected(
  headers: Headers,
  base: string,
  ways: {
    /** What becomes of a Location; undefined if the client is not to have it. */
    readonly redirect: (location: URL) => string | undefined;
    /** The same place through the gateway; undefined where the phantom does not lead there. */
    readonly lead: (url: URL) => string | undefined;
  },
): Headers {
  const { location, link, ...others } = headers;
  return {
    ...others,
    ...(link === undefined ? {} : ledLinks(link, base, ways.lead)),
    ...(location === undefined ? {} : ledLocation(location, base, ways.redirect)),
  };
}

/** Clients differ in which of several they follow, and what is no URL is passed on to no one. */
function ledLocation(location: NonNullable<Headers[string]>, base: string, redirect: (location: URL) => string | undefined): Headers {
  if (typeof location !== "string" || !URL.canParse(location, base)) return {};
  const leads = redirect(new URL(location, base));
  return leads === undefined ? {} : { location: leads };
}

/**
 * The next part of a list, as registries name it (RFC 8288): `</v2/app/tags/list?last=1>; rel="next"`. Some clients take the path
 * alone, and ask the gateway for it: so no host names another one there.
 */
function ledLinks(link: NonNullable<Headers[string]>, base: string, lead: (url: URL) => string | undefined): Headers {
  const { origin } = new URL(base);
  const text = typeof link === "string" ? link : link.join(", ");
  let isOwn = true;
  const led = text.replace(/<([^<>]*)>/g, (_whole, written: string) => {
    const url = URL.canParse(written, base) ? new URL(written, base) : undefined;
    const leads = url?.origin === origin ? lead(url) : undefined;
    isOwn &&= url?.origin === origin;
    return `<${leads ?? url?.href ?? ""}>`;
  });
  return isOwn ? { link: led } : {};
}
