import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { ask } from "../context.ts";
import { runLines } from "../text/gateway-text.ts";

export const log = command({
  command: "log",
  describe: "show what commands asked for through the gateway, and what was refused",
  about: [
    "For each command of `toolkey run`: when, which, and for each host which token, how many requests, how much came. A line for " +
      "each request that was refused says why. No secret is in it. What the daemon itself did is in `daemon.log`.",
  ],
  examples: [
    ["$0 log", "the last ten runs, the newest last"],
    ["$0 log --refused", "only those in which something was refused"],
    ["$0 log -n 1 --json", "the last one, for a program"],
  ],
  options: (parser) =>
    parser
      .option("count", { alias: "n", type: "number", requiresArg: true, default: 10, describe: "how many runs" })
      .option("refused", { type: "boolean", default: false, describe: "only runs in which something was refused" }),
  async run({ count, refused }, context) {
    if (!Number.isInteger(count) || count < 1 || count > MOST) throw new Failure("usage", `--count takes a number from 1 to ${MOST}`);
    const { runs } = await ask(context, "runs", { count: refused ? MOST : count });
    const chosen = runs.filter((run) => !refused || run.refused.length > 0).slice(-count);
    context.output.json(chosen);
    if (context.output.isForPrograms) return;
    if (chosen.length > 0) context.output.print(...chosen.flatMap((run, index) => [...(index === 0 ? [] : [""]), ...runLines(run)]));
    else {
      context.output.note(refused ? "nothing was refused" : "nothing has gone through the gateway yet");
      context.output.hint("toolkey run -- npm ci, or any other build");
    }
  },
});

const MOST = 10_000;
