/** What the look of a token adds to what its service says of it. Pure. */
import type { CheckedToken } from "../core/wire/administration.ts";
import type { Instant } from "../core/clock.ts";
import { endText, isOver, type TokenForm } from "../core/tokens/token-form.ts";

type Checked = Pick<CheckedToken, "verdict" | "detail" | "hint">;

/** A token by its look. */
interface Look {
  readonly id: string;
  readonly form: TokenForm | undefined;
  /** Whether its service has tokens that look so. */
  readonly isOwn: boolean;
}

export function withKind(checked: Checked, { id, form, isOwn }: Look, now: Instant): Checked {
  if (form === undefined) return checked;
  const { verdict } = checked;
  const isAccepted = verdict === "valid" || verdict === "not-permitted" || verdict === "about-to-expire";
  const isPast = form.ends !== undefined && form.ends <= now;
  // What is accepted is none of those that ended.
  const end = isAccepted && isPast ? undefined : endText(form, now);
  const look = isAccepted || isOwn ? "" : `it looks like ${form.title}`;
  const instead = form.instead === undefined ? "" : `${form.instead}; `;
  return {
    verdict: verdict === "unknown" && isOver(form, now) ? "invalid" : verdict,
    detail: [checked.detail, end ?? look].filter((text) => text !== "").join("; "),
    hint: end === undefined ? checked.hint : `${instead}then: toolkey replace ${id}`,
  };
}
