import type { EndedToken } from "../../core/wire/administration.ts";
import type { Output } from "../terminal/output.ts";
import { tokenName } from "./token-text.ts";

/** Says what became of a token's end. */
export function reportEnd({ token, end, detail, hint }: EndedToken, output: Output): void {
  const words = {
    ended: "revoked",
    here: "revoked here",
    deleted: "deleted, since it never worked",
    pending: "not revoked yet",
    "by-hand": "not revoked yet",
  } as const;
  output.print(`${words[end]}: ${tokenName(token)}`);
  if (end === "pending" || end === "by-hand") output.note(detail);
  if (hint !== undefined) output.hint(hint);
}
