/** Maven's own operations, and its sockets. */
import { existsSync } from "node:fs";
import { nativeSettingsFile } from "../../protocols/maven/settings/native-file.ts";
import type { DaemonTool } from "../daemon-tool.ts";

export const maven: DaemonTool = {
  operations: new Map([
    ["settings", async () => (await import("./hook-settings.ts")).answerSettings],
    ["native-settings", async () => (await import("./native-settings.ts")).answerNativeSettings],
    ["gateway-settings", async () => (await import("./kept-settings.ts")).answerGatewaySettings],
    ["end-gateway-settings", async () => (await import("./kept-settings.ts")).endGatewaySettings],
  ]),

  session: async () => (await import("./session-settings.ts")).planSession,

  // Written by `toolkey setup maven --native`: only then does anybody ask on those sockets.
  async serve(world) {
    return existsSync(nativeSettingsFile(world.paths.config)) ? (await import("./native-settings.ts")).serveMaven(world) : undefined;
  },
};
