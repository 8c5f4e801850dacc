import { Failure } from "../../core/failure.ts";
import { administer } from "../../client/daemon/request.ts";
import { command } from "../command.ts";
import type { Finding } from "../doctor/findings.ts";
import type { Output } from "../terminal/output.ts";

export const doctor = command({
  command: "doctor",
  describe: "look for what keeps tools from getting their tokens; starts the daemon, changes nothing",
  about: [
    "It looks at the daemon, the vault and its key, the setup of each tool that has a token, the certificates, and at secrets in " +
      "plain text. Each line is `ok`, `look` for what may be meant so, or `BAD`, and says what mends it.",
  ],
  ends: "It fails with 1 if a check is `BAD`.",
  examples: [["$0 doctor", "what is well, what isn't, and what to do"]],
  options: (parser) => parser,
  async run(_options, context) {
    const { diagnose } = await import("../doctor/diagnosis.ts");
    // What every command says of the configuration, it finds itself.
    const quiet = { ...context, heard: undefined };
    const findings = await diagnose(quiet, () => administer(quiet, "status", {}));
    context.output.json(findings);
    for (const finding of findings) print(finding, context.output);
    const bad = findings.filter(({ verdict }) => verdict === "bad").length;
    if (bad > 0) throw new Failure("unavailable", `${bad} of ${findings.length} checks failed`);
  },
});

function print({ verdict, what, hint }: Finding, output: Output): void {
  const mark = { good: output.style("green", "ok  "), doubtful: output.style("yellow", "look"), bad: output.style("red", "BAD ") };
  output.print(`${mark[verdict]}  ${what}`);
  if (hint !== undefined) output.print(`      ${hint}`);
}
