/** The daemon as a service of the person's, for clients that can't start it themselves. */
import { join } from "node:path";
import { V8_OPTIONS } from "../../client/daemon/start.ts";
import { lastingTree, OWN_TREE } from "../../platform/installation/tree.ts";
import type { FileEdit } from "../../platform/files/file-edit.ts";
import { readTextFile } from "../../platform/files/text-file.ts";
import { paths, type Environment } from "../../platform/paths.ts";
import { NO_DEBUGGER } from "../../platform/processes/no-debugger.ts";
import { isThere, serviceManager, start, stop } from "../../platform/service/keep-running.ts";

/** What keeps it running, and how where nobody is logged in. */
export const { name: SERVICE_MANAGER, beyondLogin: BEYOND_LOGIN } = serviceManager;

/** What says which vault a client means, and how it is set up. */
const PLACES = ["TOOLKEY_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"];

/** Undefined if there is nothing that would start it. */
export async function planUnit(environment: Environment): Promise<FileEdit | undefined> {
  if (!(await isThere(serviceManager, environment))) return undefined;
  const path = serviceManager.fileOf(environment);
  const tree = lastingTree(paths(environment));
  const after = await serviceManager.describe({
    node: tree === OWN_TREE ? process.execPath : join(tree, "node"),
    options: [NO_DEBUGGER, ...V8_OPTIONS],
    daemon: join(tree, "dist", "daemon.cjs"),
    // A session of its has none of what a shell's start-up files set.
    variables: Object.fromEntries(PLACES.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []))),
  });
  return { path, before: await readTextFile(path), after };
}

/** Undefined if it was not set up. */
export async function planUnitRemoval(environment: Environment): Promise<FileEdit | undefined> {
  const path = serviceManager.fileOf(environment);
  const before = await readTextFile(path);
  return before === undefined ? undefined : { path, before, after: undefined };
}

/** @throws Failure `unavailable` */
export async function startUnit(environment: Environment): Promise<void> {
  await start(serviceManager, environment);
}

/** @throws Failure `unavailable` */
export async function stopUnit(environment: Environment): Promise<void> {
  await stop(serviceManager, environment);
}
