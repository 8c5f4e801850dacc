import type { Status } from "../../core/views/status.ts";
import { administerIfRunning } from "../../client/daemon/request.ts";
import { settingsOf } from "../text/configuration-text.ts";
import { sessionLines } from "../text/session-text.ts";
import { gatewayLines } from "../text/gateway-text.ts";
import { command } from "../command.ts";

const IN_WORDS: Readonly<Record<Status["vault"]["state"], string>> = {
  absent: "there is none; make one: toolkey init",
  closed: "closed; opens by itself when it is needed",
  locked: "locked; open it: toolkey unlock",
  open: "open",
};

export const status = command({
  command: "status",
  describe: "tell whether the daemon runs and the vault is open; does not count as use",
  about: [
    "It starts no daemon, and to ask does not keep the vault open. It also tells where the socket and the log are, and which " +
      "phantoms there are, each with the command that it is for.",
  ],
  examples: [["$0 status --json", "for a program"]],
  options: (parser) => parser,
  async run(_options, { output, ...context }) {
    const found = await administerIfRunning(context, "status", {});
    output.json(found === undefined ? { running: false } : { running: true, ...found });
    if (found === undefined) output.print("daemon     not running; the first request starts it");
    else output.print(...lines(found));
  },
});

function lines({
  pid,
  startedAt,
  build,
  node,
  socket,
  passedOver,
  log,
  logFailure,
  config,
  systemFile,
  settings,
  session,
  memoryBytes,
  vault,
  gateway,
}: Status): string[] {
  const tokens = vault.tokens === undefined ? "" : `, ${vault.tokens} ${vault.tokens === 1 ? "token" : "tokens"}`;
  const until = vault.locksAt === undefined ? "" : `, closes at ${vault.locksAt} if it is not used`;
  return [
    `daemon     running since ${startedAt}, pid ${pid}, ${Math.round(memoryBytes / 1e6)} MB`,
    `build      ${build} on Node ${node}`,
    `vault      ${vault.path}`,
    `           ${IN_WORDS[vault.state]}${tokens}${until}`,
    ...(vault.keySource === undefined ? [] : [`key        ${vault.keySource}: ${vault.keyWhere ?? ""}`]),
    ...gatewayLines(gateway),
    ...sessionLines(session),
    `socket     ${socket}`,
    ...passedOver.map(({ directory, reason }) => `           not in ${directory}: ${reason}`),
    `config     ${config}${saidBy(config, settings)}`,
    ...(systemFile === undefined ? [] : [`           ${systemFile}${saidBy(systemFile, settings)}`]),
    `log        ${logFailure === undefined ? log : `none: ${logFailure}`}`,
  ];
}

/** What is in force of a file, behind its path. */
function saidBy(file: string, settings: Status["settings"]): string {
  const said = settingsOf(file, settings);
  return said.length === 0 ? "" : `: ${said.join(", ")}`;
}
