/** Who is inside of a sealed command where the mark says nothing: what the daemon has started itself. */
import { expect, it } from "vitest";
import type { Caller } from "../../src/core/caller.ts";
import type { GatewayAccess } from "../../src/daemon/granting/gateway-access.ts";
import { Inside } from "../../src/daemon/granting/inside.ts";

const below = (...pids: readonly number[]): Caller => ({
  uid: process.getuid?.(), pid: 7, process: { pid: 7, startTime: "7" }, executable: undefined, isMarked: undefined,
  lineage: { ancestors: pids.map((pid) => ({ pid, startTime: "1" })), complete: true },
});

it("a command that fetches a token is, and all that it has started", async () => {
  const noGateway = { takeUp: async () => undefined } as unknown as GatewayAccess;
  const inside = new Inside(noGateway, () => [], { owners: true, mark: false });
  expect(await inside.commandAround(below(process.pid, 1))).toBe("a command that fetches a token");
  expect(await inside.commandAround(below(9, process.pid, 1))).toBe("a command that fetches a token");
  expect(await inside.commandAround(below(9, 1))).toBeUndefined();
});
