/** Which data directory this daemon is of, and whether a request means that one. */
import { lstatSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import type { Request } from "../../core/wire/wire.ts";
import { identityOf } from "../../platform/files/inode.ts";
import type { Paths } from "../../platform/paths.ts";

export class OwnDirectory {
  readonly #paths: Paths;
  readonly #identity: string | undefined;

  constructor(paths: Paths) {
    this.#paths = paths;
    this.#identity = identityOf(paths.data);
  }

  /** Whether another directory, or none, is now where ours was: what we would read there is another vault. */
  isGone(): boolean {
    return identityOf(this.#paths.data) !== this.#identity;
  }

  /**
   * Our own clients say which directory they mean. The shell scripts can't without another process; they take the
   * socket in that directory, which is this daemon's alone unless somebody has given it a second name: `cp -al`.
   *
   * @throws Failure `version` if this may not be the daemon to ask
   */
  assertMeant(request: Request): void {
    const named = request.kind === "toolkey" ? request.headers.get("data") : undefined;
    if (named === undefined ? this.#hasOtherNames() : named !== this.#identity) {
      throw new Failure("version", "this daemon may be of another data directory than is meant");
    }
  }

  #hasOtherNames(): boolean {
    return (lstatSync(this.#paths.socket, { throwIfNoEntry: false })?.nlink ?? 1) > 1;
  }
}
