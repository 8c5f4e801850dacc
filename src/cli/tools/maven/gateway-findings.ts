/** The check of `toolkey doctor` for settings of Maven that lead through the gateway (`toolkey setup maven --gateway`). */
import { keptIn } from "../../../protocols/maven/settings/kept-settings.ts";
import { ask, type Context } from "../../context.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";

/** In milliseconds: who is told of the end of a phantom has time to make a new one. */
const SOON_MS = 14 * 24 * 3_600_000;
const AGAIN = "toolkey setup maven --gateway";

export async function gatewayFindings(context: Context, path: string, kept: NonNullable<ReturnType<typeof keptIn>>): Promise<Finding[]> {
  const { gateway: { url, phantoms } } = await ask(context, "status", {});
  const phantom = phantoms.find(({ id }) => id === kept.phantom);
  if (phantom === undefined) return [bad("phantom-ended", `the phantom in ${path} is not valid any more: Maven gets nothing by it`, AGAIN)];
  if (url === undefined)
    return [
      bad(
        "gateway-silent",
        "the gateway does not listen, and Maven is led there",
        "toolkey stop, then toolkey list; the daemon's log says why (toolkey status)",
      ),
    ];
  if (kept.gateway !== url)
    return [
      bad(
        "gateway-elsewhere",
        `${path} leads to ${kept.gateway ?? "no gateway"}, and the gateway is ${url}`,
        AGAIN,
      ),
    ];
  const until = `until ${phantom.expiresAt}`;
  if (Date.parse(phantom.expiresAt) - context.now() < SOON_MS)
    return [
      doubtful(
        "phantom-ends-soon",
        `the phantom in ${path} is good only ${until}`,
        AGAIN,
      ),
    ];
  return [
    good("through-gateway", `mvn goes through the gateway, by the phantom in ${path}, ${until}`),
    ...phantom.places.map((place) => good("gateway-place", `mvn ${phantom.publishes ? "reads and writes" : "reads"} ${place}`)),
  ];
}
