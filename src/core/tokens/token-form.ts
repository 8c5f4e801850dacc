/** What tokens look like by which their services are recognised, and what became of those of each kind. */
import type { Instant } from "../clock.ts";

/** The look of one kind of tokens. Plain data: it crosses the wire. */
export interface TokenForm {
  /** A pattern of the whole text. */
  readonly pattern: string;
  /** For people: `a personal access token of ACME`. */
  readonly title: string;
  /** A pattern of the hosts, where what looks so is one of them there alone. */
  readonly hosts?: string | undefined;
  /** From then on its service accepts none of them. */
  readonly ends?: Instant | undefined;
  /** For which of them that holds, where the text doesn't tell: `that are classic`. */
  readonly endsForSome?: string | undefined;
  /** What there is in their place. */
  readonly instead?: string | undefined;
}

/**
 * The kind of a token by its text, for a host; undefined for what looks like nothing in particular.
 *
 * @param host in lower case, without port; undefined where it isn't known
 */
export function formOf(text: string, host: string | undefined, forms: readonly TokenForm[]): TokenForm | undefined {
  return forms.find(
    ({ pattern, hosts }) =>
      new RegExp(`^(?:${pattern})$`).test(text) && (hosts === undefined || (host !== undefined && new RegExp(`^(?:${hosts})$`).test(host))),
  );
}

/** What became of its kind, in words; undefined while all of them are accepted. */
export function endText({ title, ends, endsForSome }: TokenForm, now: Instant): string | undefined {
  if (ends === undefined) return undefined;
  const day = ends.slice(0, 10);
  const which = endsForSome === undefined ? "none of them" : `none of those ${endsForSome}`;
  return ends <= now ? `${title}: ${which} is accepted since ${day}` : `${title}: ${which} is accepted from ${day} on`;
}

/** Whether certainly none of its kind is accepted any more. */
export function isOver({ ends, endsForSome }: TokenForm, now: Instant): boolean {
  return ends !== undefined && endsForSome === undefined && ends <= now;
}
