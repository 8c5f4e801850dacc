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
    ...(link === undefined ? {} : { link: ledLinks(link, base, ways.lead) }),
    ...(location === undefined ? {} : ledLocation(location, base, ways.redirect)),
  };
}

/** Clients differ in which of several they follow, and what is no URL is passed on to no one. */
function ledLocation(location: NonNullable<Headers[string]>, base: string, redirect: (location: URL) => string | undefined): Headers {
  if (typeof location !== "string" || !URL.canParse(location, base)) return {};
  const leads = redirect(new URL(location, base));
  return leads === undefined ? {} : { location: leads };
}

/** The next part of a list, as registries name it (RFC 8288): `</v2/app/tags/list?last=1>; rel="next"`. */
function ledLinks(link: NonNullable<Headers[string]>, base: string, lead: (url: URL) => string | undefined): string | readonly string[] {
  const led = (text: string): string =>
    text.replace(/<([^<>]*)>/g, (whole, url: string) => {
      const leads = URL.canParse(url, base) ? lead(new URL(url, base)) : undefined;
      return leads === undefined ? whole : `<${leads}>`;
    });
  return typeof link === "string" ? led(link) : link.map(led);
}
