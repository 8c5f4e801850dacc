/** Has the daemon kept running: by systemd, and on macOS by launchd. */
import { Failure } from "../../core/failure.ts";
import type { Environment } from "../paths.ts";
import { runProgram } from "../processes/programs.ts";
import { launchd } from "./launchd.ts";
import type { Command, ServiceManager } from "./service-manager.ts";
import { systemd } from "./systemd.ts";

/** That of this system. */
export const serviceManager: ServiceManager = process.platform === "darwin" ? launchd : systemd;

/** Whether one answers that would start something for this person. */
export async function isThere({ presence }: ServiceManager, environment: Environment): Promise<boolean> {
  return (await run(presence(), environment)) === 0;
}

/** @throws Failure `unavailable` */
export async function start(manager: ServiceManager, environment: Environment): Promise<void> {
  const { ending, steps } = manager.starting(manager.fileOf(environment));
  if (ending !== undefined) await run(ending, environment);
  for (const command of steps) await must(command, environment);
}

/** @throws Failure `unavailable` */
export async function stop(manager: ServiceManager, environment: Environment): Promise<void> {
  const { step, presence } = manager.stopping();
  if ((await run(step, environment)) === 0 || (presence !== undefined && (await run(presence, environment)) !== 0)) return;
  throw failed(step);
}

async function must(command: Command, environment: Environment): Promise<void> {
  if ((await run(command, environment)) !== 0) throw failed(command);
}

function failed(command: Command): Failure {
  return new Failure("unavailable", `this failed: ${command.join(" ")}`, { hint: "run it by hand, to see why" });
}

async function run([program, ...words]: Command, environment: Environment): Promise<number | undefined> {
  return (await runProgram(program, words, environment))?.exitCode;
}
