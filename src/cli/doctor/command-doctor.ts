/** The checks for a tool without a hook: it gets its tokens by `toolkey run`, or by functions of the shell that are the same. */
import type { Doctor } from "../tools/cli-tool.ts";
import { isSetUpInShell } from "../setup/in-shell.ts";
import { doubtful, good } from "./findings.ts";
import { planFindings, type Example } from "./plan-findings.ts";

/** Nothing of a tool that has no token and was not set up. */
export function commandDoctor(example: Omit<Example, "direct">): Doctor {
  const { tool, program } = example;
  return {
    async ofTokens(context, tokens) {
      const isSetUp = await isSetUpInShell(tool, context);
      const hook = isSetUp ? [good("asks-toolkey", `${program} in your shell runs with its tokens`)] : [];
      if (!tokens.some((token) => token.tool === tool && token.state === "active")) return hook;
      const plain = doubtful(
        "not-set-up",
        `plain ${program} does not ask toolkey; toolkey run -- ${program} does`,
        `toolkey setup ${tool}`,
      );
      return [...(isSetUp ? hook : [plain]), ...(await planFindings(context, { ...example, direct: false }))];
    },
  };
}
