/** The checks of `toolkey doctor` for the clients of npm registries. */
import type { Context } from "../../context.ts";
import { doubtful, good, type Finding } from "../../doctor/findings.ts";
import { planFindings } from "../../doctor/plan-findings.ts";
import { isSetUpInShell } from "../../setup/in-shell.ts";
import type { Doctor } from "../cli-tool.ts";

/**
 * @param hookFindings whether what was set up is there and answers; nothing if nothing was
 * @param hasHook whether that is a hook of the client's own, and not `toolkey run`
 */
export function registryDoctor(client: string, hookFindings: (context: Context) => Promise<Finding[]>, hasHook = true): Doctor {
  return {
    /** Nothing of a client that has no token and was not set up. */
    async ofTokens(context, tokens) {
      const isUsed = tokens.some(({ tool, state }) => tool === client && state === "active");
      const hook = await hookFindings(context);
      if (!isUsed) return hook;
      const what = `plain ${client} does not ask toolkey; toolkey run -- ${client} does`;
      const plain = hook.length > 0 ? [] : [doubtful("not-set-up", what, `toolkey setup ${client}`)];
      return [
        ...hook,
        ...plain,
        ...(await planFindings(context, {
          tool: client,
          program: client,
          argument: "install",
          nothing: "names no registry for which it has a token",
          direct: hasHook && hook.length > 0,
        })),
      ];
    },
  };
}

/** Of a client that is set up by functions of the shell. */
export function shellDoctor(client: string): Doctor {
  const inShell = async (context: Context): Promise<Finding[]> =>
    (await isSetUpInShell(client, context)) ? [good("asks-toolkey", `${client} in your shell runs with its tokens`)] : [];
  return registryDoctor(client, inShell, false);
}
