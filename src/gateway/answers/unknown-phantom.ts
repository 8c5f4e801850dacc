import { KEPT_PHANTOMS } from "../../protocols/tools.ts";
import type { Refusal } from "./refusal.ts";

/** What is said to who comes without a phantom, or with one that nobody knows. @param agent what the client calls itself */
export function unknownPhantom(agent: string): Refusal {
  const kept = KEPT_PHANTOMS.find((each) => agent.startsWith(each.agent));
  const hint =
    kept !== undefined
      ? `${kept.file} by '${kept.again}'`
      : agent.startsWith("curl/")
        ? 'curl --netrc-file "$TOOLKEY_NETRC", inside of toolkey run --tool http'
        : undefined;
  return { status: 401, why: "there is no such phantom; commands get one by 'toolkey run'", hint };
}
