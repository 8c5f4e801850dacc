/** What commands leave on disk goes once they are over, however that is seen: told by them, or by the gateway's look at their processes. */
import type { Events } from "../core/event.ts";
import { clearCommandDirectories } from "../platform/files/command-directory.ts";
import { errorFields, type Logger } from "./log.ts";

/**
 * From now on, beginning with what is there. Nobody waits for it, and however many end meanwhile, it is done once more.
 *
 * @param runtime as of `makeCommandDirectory`
 */
export function lookAfterDirectories(runtime: string, events: Events, log: Logger): void {
  let isClearing = false;
  let isToClear = false;
  const clear = async (): Promise<void> => {
    isToClear = true;
    if (isClearing) return;
    isClearing = true;
    while (isToClear) {
      isToClear = false;
      await clearCommandDirectories(runtime).catch((error: unknown) => log.warn(errorFields(error), "directories of ended commands"));
    }
    isClearing = false;
  };
  events.show(({ kind }) => {
    if (kind === "ended") void clear();
  });
  void clear();
}
