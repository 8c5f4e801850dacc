/** What is said of tokens that go to another machine, and that come from one. */
import type { Arrived, Departing, Imported, Stays } from "../../core/views/moving.ts";
import type { Output } from "../terminal/output.ts";
import { tokenName } from "./token-text.ts";

const WHY: Readonly<Record<Stays, string>> = {
  renews: "it renews itself, and of two copies one would end the other",
  fetched: "a command fetches it on the machine that has it",
  key: "it is the private key of an app, of which each machine has its own",
  "being-made": "it is still being created",
};

/** What is not taken along, before that. */
export function saidOfStaying(tokens: readonly Departing[], output: Output): void {
  for (const departing of tokens) sayStays(departing, "for one on the other machine", output);
}

export function reportImport({ from, exportedAt, tokens, unknownServices }: Imported, output: Output): void {
  output.note(`from ${from}, as it was at ${exportedAt}`);
  for (const arrived of tokens) report(arrived, output);
  for (const service of unknownServices) {
    output.note(`the service ${service} is not known here, so its tokens are filed by their hosts`);
    output.hint(`take [service.${service}] of config.toml along, too, then: toolkey config accept`);
  }
  adviseToReplace(tokens, output);
}

function report(arrived: Arrived, output: Output): void {
  const { token, was, outcome } = arrived;
  const name = tokenName(token);
  const before = was === token.id ? "" : `, which was ${was} there`;
  switch (outcome) {
    case "added":
      output.print(`added ${name}${before}${token.state === "active" ? "" : `, ${token.state}`}`);
      return;
    case "known":
      output.print(`there already: ${name}${before}${token.state === "active" ? "" : `, ${token.state}`}`);
      return;
    case "aside":
      output.print(`added ${name}${before}, suspended`);
      output.note(`${token.id} is suspended: ${token.tool} has another token for ${token.target} here`);
      output.hint(`to use it all the same: toolkey restore ${token.id}`);
      return;
    case "suspended":
      output.print(`suspended ${name}${before}`);
      output.note(`${token.id} was revoked on the other machine`);
      output.hint(`to end it here, too: toolkey revoke ${token.id}; if that was a mistake: toolkey restore ${token.id}`);
      return;
    case "stays":
      sayStays(arrived, "for one here", output);
      return;
    case "over":
      output.note(`${name} was not taken: its time is over`);
      return;
    default:
      outcome satisfies never;
  }
}

function sayStays({ token, stays, hint }: Departing, whatFor: string, output: Output): void {
  if (stays === undefined) return;
  output.note(`${tokenName(token)} is not in the file: ${WHY[stays]}`);
  if (hint !== undefined) output.hint(`${whatFor}: ${hint}`);
}

/** Those that toolkey renews by itself come first. */
function adviseToReplace(tokens: readonly Arrived[], output: Output): void {
  const copies = tokens.filter(({ stays, hint }) => stays === undefined && hint !== undefined);
  const renewing = copies.filter(({ renews }) => renews);
  const others = copies.filter(({ renews }) => !renews);
  if (renewing.length > 0) {
    output.note("toolkey renews these by itself, on both machines, and whichever does so ends the copy of the other; replace them now:");
    for (const { hint } of renewing) output.hint(hint ?? "");
  }
  if (others.length > 0) {
    output.note("these live on both machines now; to replace them here, and to revoke the old ones then:");
    for (const { token, hint } of others) output.hint(`${token.id}: ${hint}`);
  }
}
