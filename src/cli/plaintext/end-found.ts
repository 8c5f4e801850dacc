/** Ends tokens at their service that lay in plain text, where it does that by their text alone: asks, and never does it by itself. */
import type { TokenView } from "../../core/tokens/token.ts";
import { ask, isAttended, type Context } from "../context.ts";
import { agree } from "../terminal/secret-input.ts";
import { reportEnd } from "../text/end-text.ts";
import { tokenName } from "../text/token-text.ts";
import type { TakenFile } from "./take.ts";

/** One that was taken, and what a person is to know before it ends. */
interface Endable {
  readonly token: TokenView;
  readonly warning: string;
  readonly standIns: readonly string[];
}

export async function endFound(
  done: readonly TakenFile[],
  { yes }: { readonly yes: boolean },
  context: Context,
): Promise<void> {
  const { output } = context;
  const well = done.filter(({ failure }) => failure === undefined);
  const taken = new Set(well.flatMap(({ tokens }) => tokens.map(({ token }) => token.id)));
  const endable: Endable[] = [];
  for (const id of taken) {
    const { token, warning, standIns } = await ask(context, "show", { id });
    if (warning !== undefined && token.state !== "revoked") endable.push({ token, warning, standIns });
  }
  if (endable.length === 0) return;
  output.note(`${endable.map(({ token }) => token.id).join(", ")} lay where every program could read it`);
  if (yes || !isAttended(context)) {
    output.hint(`once there is another one in its place: toolkey revoke ${endable.map(({ token }) => token.id).join(" ")}`);
    return;
  }
  for (const each of endable) await endOne(each, context);
}

async function endOne({ token, warning, standIns }: Endable, context: Context): Promise<void> {
  const { output } = context;
  output.note(`${token.id}: ${warning}`);
  const isLast = token.state === "active" && standIns.length === 0;
  if (isLast) await sayWhere(token, context);
  const question = isLast ? `end ${tokenName(token)} now, without another one?` : `end ${tokenName(token)} now?`;
  if (!(await agree(context, question))) return output.hint(`once you can do without it: toolkey revoke ${token.id}`);
  const { ended } = await ask(context, "revoke", { ids: [token.id], local: false });
  for (const one of ended) reportEnd(one, output);
}

/** It is the only one: where another is made, and how it comes in its place. */
async function sayWhere({ id, tool, target, service: name }: TokenView, context: Context): Promise<void> {
  const { service } = await ask(context, "service", { name });
  const page = service.tools.find((use) => use.tool === tool)?.newTokenPage ?? service.page;
  context.output.note(`${tool} has no other one for ${target}${page === undefined ? "" : `; make one at ${page}`}`);
  context.output.hint(`toolkey replace ${id} takes it, and then the old one can be ended`);
}
