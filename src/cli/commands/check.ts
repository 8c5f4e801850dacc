import type { CheckedToken } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { ask } from "../context.ts";
import { tokenName } from "../text/token-text.ts";

const IN_WORDS: Readonly<Record<CheckedToken["verdict"], string>> = {
  valid: "valid",
  invalid: "not valid",
  "about-to-expire": "valid, about to expire",
  "not-permitted": "valid, but not permitted to look at itself",
  "wrong-host": "another server answered",
  offline: "offline",
  "untrusted-certificate": "the certificate is not trusted",
  failing: "the service failed",
  unknown: "can't be asked about",
};

/** Verdicts with which a tool would not get through. */
const BAD: ReadonlySet<CheckedToken["verdict"]> = new Set(["invalid", "wrong-host", "untrusted-certificate"]);

export const check = command({
  command: "check [ids..]",
  describe: "ask the services which tokens are valid, and say what to do about those that are not",
  about: [
    "Each service is asked whether it takes the token. For one that is not valid a line says what to do about it. Services that " +
      "can't be asked, or not reached, are said to be so: that makes no token invalid.",
  ],
  ends: "It fails with 1 if a token would not work.",
  examples: [
    ["$0 check", "all that could be served"],
    ["$0 check git-7f3k", "one"],
  ],
  lists: ["ids"],
  options: (parser) =>
    parser
      .positional("ids", { type: "string", array: true, default: [] as string[], describe: "the tokens' ids" }),
  async run({ ids }, context) {
    const { output } = context;
    const { tokens } = await ask(context, "check", { ids });
    output.json(tokens);
    for (const { token, verdict, detail, expiresAt, hint } of output.isForPrograms ? [] : tokens) {
      const until = verdict === "about-to-expire" && expiresAt !== undefined ? ` at ${expiresAt}` : "";
      output.print(`${tokenName(token)}: ${IN_WORDS[verdict]}${until}${detail === "" ? "" : ` (${detail})`}`);
      if (hint !== undefined) output.hint(hint);
    }
    const bad = tokens.filter(({ verdict }) => BAD.has(verdict)).length;
    if (bad > 0) throw new Failure("unavailable", `${bad} of ${tokens.length} tokens would not work`);
  },
});
