import type { AnyCommand } from "./command.ts";
import { check } from "./commands/check.ts";
import { completion } from "./commands/completion.ts";
import { help } from "./commands/help.ts";
import { login } from "./commands/login.ts";
import { mint, rotate } from "./commands/mint.ts";
import { services } from "./commands/services.ts";
import { add } from "./commands/add.ts";
import { config } from "./commands/config.ts";
import { doctor } from "./commands/doctor.ts";
import { importSecrets } from "./commands/import.ts";
import { exportTokens } from "./commands/export.ts";
import { init } from "./commands/init.ts";
import { list } from "./commands/list.ts";
import { log } from "./commands/log.ts";
import { lock, stop, unlock } from "./commands/lock.ts";
import { replace } from "./commands/replace.ts";
import { restore } from "./commands/restore.ts";
import { revoke } from "./commands/revoke.ts";
import { run } from "./commands/run.ts";
import { setup } from "./commands/setup.ts";
import { shellInit } from "./commands/shell-init.ts";
import { show } from "./commands/show.ts";
import { status } from "./commands/status.ts";
import { use } from "./commands/use.ts";

/** Every command, in the order in which `toolkey --help` lists them. */
export const COMMANDS: readonly AnyCommand[] = [
  init,
  add,
  list,
  show,
  replace,
  restore,
  revoke,
  use,
  check,
  services,
  login,
  mint,
  rotate,
  setup,
  run,
  shellInit,
  importSecrets,
  exportTokens,
  log,
  status,
  config,
  lock,
  unlock,
  stop,
  doctor,
  completion,
  help,
];
