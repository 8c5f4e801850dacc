/** Places as they are kept outside of the vault: which repositories somebody works with is nobody's business. */
import { hash } from "node:crypto";
import { formatTarget, type Target } from "../../core/target.ts";

/** As many characters as make two places of one token unlikely to have the same mark. */
const LENGTH = 11;

/** Short, the same for the same token and place, and no place's name. */
export function placeMark(id: string, place: Target): string {
  return hash("sha256", `${id} ${formatTarget(place)}`, "base64url").slice(0, LENGTH);
}
