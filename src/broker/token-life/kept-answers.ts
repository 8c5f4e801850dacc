/**
 * Answers to renewals, kept until what they give is in the vault. A refresh token that was used is spent, and the one in its place is
 * in the answer alone. So the request is sent by a process of its own, which outlives a daemon that is killed, and leaves the
 * answer in a file beside the vault (docs/decisions/0033-signing-in.md).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, fstatSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { caFilesOf, type Http, type HttpAnswer, type HttpRequest, type HttpSettings } from "../../issuers/http.ts";
import { discard, replaceFile, syncDirectory } from "../../platform/files/durable-file.ts";
import { tryLockFile, type OpenedLock } from "../../platform/files/file-lock.ts";
import { ensurePrivateDirectory } from "../../platform/files/private-directory.ts";
import { proxiesOf } from "../../platform/network/proxies.ts";
import { NO_DEBUGGER } from "../../platform/processes/no-debugger.ts";
import { openAnswer, sealAnswer } from "./sealed-answer.ts";

const PURPOSE = "answers to renewals";
/** How often an earlier daemon's process is looked at, and how often at most. */
const LOOK_MS = 200;
const LOOKS = 50;
/** How long our own may take, in milliseconds: longer than `Http` does. */
const LONGEST_MS = 45_000;
/** What none of ours is longer than, in bytes. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;

/** The exit code of the process that could not write: nothing was sent. */
export const NO_ROOM = 3;

/** What we give files there. */
const NAME = /^([\w-]+)\+([\w-]+)$/;

/** A renewal: of a token, under an intention. */
export interface Renewal {
  readonly token: string;
  readonly intended: string;
}

/** What the process is told, by its standard input. */
export interface RenewalRequest {
  /** Of the file at descriptor 3, and the key by which the answer in it is sealed, in Base64. */
  readonly name: string;
  readonly key: string;
  readonly request: Omit<HttpRequest, "authorization" | "secrets"> & {
    readonly authorization?: { readonly scheme: "Bearer" | "Basic"; readonly username?: string; readonly secret: string } | undefined;
    readonly secrets: readonly string[];
  };
  readonly proxies: Readonly<Record<string, string>>;
  /** In PEM, trusted besides Node's own. */
  readonly certificates: readonly string[];
}

export class KeptAnswers {
  readonly #directory: string;
  readonly #key: (purpose: string) => Promise<Buffer>;
  readonly #program: string;

  /** @param world `key`: as `derivedKey` of the open vault; `program`: renewal-process.ts as it is built */
  constructor(world: { directory: string; key: (purpose: string) => Promise<Buffer>; program: string }) {
    this.#directory = world.directory;
    this.#key = world.key;
    this.#program = world.program;
  }

  /** Sends the one request of a renewal that changes something so that its answer is kept. */
  keeping(renewal: Renewal, http: Http, settings: HttpSettings): Http {
    return { send: (request) => (request.method === "POST" ? this.#send(renewal, request, settings) : http.send(request)) };
  }

  /** Those whose answer may be there, or still come. */
  all(): Renewal[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory, { withFileTypes: true }).flatMap((entry) => {
      const [, token, intended] = NAME.exec(entry.name) ?? [];
      return !entry.isFile() || token === undefined || intended === undefined ? [] : { token, intended };
    });
  }

  has(renewal: Renewal): boolean {
    return existsSync(this.#path(renewal));
  }

  /**
   * The answer to a renewal that an earlier daemon has begun; undefined if none came. Waits for one that is under way.
   *
   * @throws Failure `unavailable` if that takes too long
   */
  async left(renewal: Renewal): Promise<HttpAnswer | undefined> {
    return this.#read(renewal, await this.#key(PURPOSE));
  }

  async #read(renewal: Renewal, key: Buffer): Promise<HttpAnswer | undefined> {
    const lock = await this.#lock(renewal);
    try {
      return lock && openAnswer(readOpened(lock.descriptor), key, nameOf(renewal));
    } finally {
      lock?.release();
    }
  }

  /** Waits until nobody writes it. Undefined if there is none. */
  async #lock(renewal: Renewal): Promise<OpenedLock | undefined> {
    const path = this.#path(renewal);
    for (let look = 0; look < LOOKS; look += 1) {
      if (!existsSync(path)) return undefined;
      const lock = tryLockFile(path);
      if (lock !== undefined) return lock;
      await wait(LOOK_MS);
    }
    throw new Failure("unavailable", `${renewal.token} is being renewed by a process that an earlier daemon started`, {
      hint: "try again",
    });
  }

  /** Seals what is there anew, around a change of the vault's key. @throws Failure as `left`, before the change, and as that */
  async throughNewKey<Result>(change: () => Promise<Result>): Promise<Result> {
    const before = await this.#key(PURPOSE);
    const held: [Renewal, OpenedLock][] = [];
    try {
      // Until they are sealed anew nobody else reads them.
      for (const renewal of this.all()) {
        const lock = await this.#lock(renewal);
        if (lock !== undefined) held.push([renewal, lock]);
      }
      const changed = await change();
      const key = await this.#key(PURPOSE);
      for (const [renewal, { descriptor }] of held) {
        const answer = openAnswer(readOpened(descriptor), before, nameOf(renewal));
        if (answer !== undefined) await replaceFile(this.#path(renewal), sealAnswer(answer, key, nameOf(renewal)));
      }
      return changed;
    } finally {
      for (const [, lock] of held) lock.release();
    }
  }

  /** What it gave is in the vault, or nothing came of it. */
  async drop(renewal: Renewal): Promise<void> {
    await discard(this.#path(renewal));
  }

  async #send(renewal: Renewal, request: HttpRequest, settings: HttpSettings): Promise<HttpAnswer> {
    await ensurePrivateDirectory(this.#directory);
    const trusted = await Promise.all(caFilesOf(settings).map((file) => settings.certificates.trustedIn(file)));
    const key = await this.#key(PURPOSE);
    const { httpProxy, httpsProxy, noProxy } = proxiesOf(settings.environment);
    const proxies = { HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy, NO_PROXY: noProxy };
    const { authorization, secrets = [], ...rest } = request;
    const told: RenewalRequest = {
      name: nameOf(renewal),
      key: key.toString("base64"),
      request: {
        ...rest,
        authorization: authorization && { ...authorization, secret: authorization.secret.reveal() },
        secrets: secrets.map((secret) => secret.reveal()),
      },
      proxies: Object.fromEntries(Object.entries(proxies).filter((entry): entry is [string, string] => entry[1] !== undefined)),
      certificates: trusted.flat(),
    };
    const lock = tryLockFile(this.#path(renewal));
    if (lock === undefined) throw new Error("this renewal is under way");
    await syncDirectory(this.#directory);
    // The lock is that of the open file: the process has it, and nobody else, until it ends.
    const child = spawn(process.execPath, [NO_DEBUGGER, this.#program], {
      cwd: "/",
      env: {},
      detached: true,
      stdio: ["pipe", "ignore", "ignore", lock.descriptor],
    });
    lock.release();
    child.stdin?.on("error", () => undefined).end(JSON.stringify(told));
    const stop = new AbortController();
    const late = wait(LONGEST_MS, "late" as const, { signal: stop.signal }).catch(() => "late" as const);
    const closed = once(child, "close").catch((error: unknown) => {
      if (systemErrorCode(error) === undefined) throw error;
      return "not started" as const;
    }) as Promise<[code: number | null] | "not started">;
    const ended = await Promise.race([closed, late]).finally(() => stop.abort());
    if (ended === "not started") return { kind: "offline", detail: "nothing was sent: no process could be started for it" };
    // It may still come, and is taken over then.
    if (ended === "late") return { kind: "broken", detail: "no answer in time" };
    if (ended[0] === NO_ROOM) {
      return { kind: "offline", detail: `nothing was sent: there is no room to keep the answer in ${this.#directory}` };
    }
    return (await this.#read(renewal, key)) ?? { kind: "broken", detail: "the process that asked has ended without an answer" };
  }

  #path(renewal: Renewal): string {
    return join(this.#directory, nameOf(renewal));
  }
}

/** Of a regular file, up to the length that ours have. */
function readOpened(descriptor: number): Buffer {
  const stat = fstatSync(descriptor);
  const bytes = Buffer.alloc(stat.isFile() ? Math.min(stat.size, MAX_FILE_BYTES) : 0);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
}

function nameOf({ token, intended }: Renewal): string {
  return `${token}+${intended}`;
}
