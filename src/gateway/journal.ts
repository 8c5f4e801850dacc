/** A view of events: what went through the gateway, and what was refused, by run. `toolkey log` shows it. */
import { appendFile, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { instant, type Clock, type Instant } from "../core/clock.ts";
import type { Carried, Event, Holder, Passed, Refused } from "../core/event.ts";
import type { RefusedView, RunView, TrafficView } from "../core/gateway/views.ts";
import { ensurePrivateDirectory } from "../platform/files/private-directory.ts";
import type { Paths } from "../platform/paths.ts";

/** `runs.jsonl` is moved to `runs.jsonl.1` when it has grown to this many bytes. */
const MAX_BYTES = 1024 * 1024;

/** Different refusals that are kept of one run: a hostile build makes as many as it likes. */
const MAX_REFUSED = 50;

/** Hosts, and in a session the executables that asked them, likewise. */
const MAX_HOSTS = 200;

type Counted = { -readonly [Key in keyof TrafficView]: TrafficView[Key] };

interface Run {
  readonly phantom: Holder;
  readonly began: Instant;
  readonly traffic: Map<string, Counted>;
  readonly refused: Map<string, { -readonly [Key in keyof RefusedView]: RefusedView[Key] }>;
}

export class Journal {
  readonly #file: string;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #runs = new Map<string, Run>();
  readonly #onFailure: (error: unknown) => void;
  #writing: Promise<void> = Promise.resolve();

  constructor({ paths, clock, onFailure }: { paths: Paths; clock: Clock; onFailure: (error: unknown) => void }) {
    this.#onFailure = onFailure;
    this.#directory = paths.log;
    this.#file = join(paths.log, "runs.jsonl");
    this.#clock = clock;
  }

  /** Reads an event; others than those of the gateway are nothing to it. */
  take(event: Event): void {
    switch (event.kind) {
      case "passed":
        this.#entry(this.#run(event.phantom), event).requests += 1;
        return;
      case "carried": {
        // What is over after its run has ended is not the beginning of another.
        const run = this.#runs.get(event.phantom.id);
        if (run === undefined) return;
        const entry = this.#entry(run, event);
        entry.received += event.received;
        entry.sent += event.sent;
        return;
      }
      case "refused":
        this.#refused(this.#run(event.phantom), event);
        return;
      case "ended":
        this.#writing = this.#writing.then(() => this.#end(event.phantom)).catch(this.#onFailure);
        return;
      default:
    }
  }

  /** Resolves once all that has ended is written down. */
  async written(): Promise<void> {
    await this.#writing;
  }

  #entry({ traffic }: Run, { host, token, by }: Passed | Carried): Counted {
    const key = `${host} ${token ?? ""} ${by ?? ""}`;
    const entry = traffic.get(key) ?? { host, token, by, requests: 0, received: 0, sent: 0 };
    if (traffic.size < MAX_HOSTS) traffic.set(key, entry);
    return entry;
  }

  #refused({ refused }: Run, { why, what, by }: Refused): void {
    const key = `${why} ${what} ${by ?? ""}`;
    const entry = refused.get(key) ?? { why, what, by, times: 0 };
    if (refused.has(key) || refused.size < MAX_REFUSED) refused.set(key, entry);
    entry.times += 1;
  }

  /** Writes a run down. Nothing if nothing was asked in it. */
  async #end({ id }: Holder): Promise<void> {
    const run = this.#runs.get(id);
    if (run === undefined) return;
    this.#runs.delete(id);
    await ensurePrivateDirectory(this.#directory);
    const size = await stat(this.#file).then(({ size: bytes }) => bytes, () => 0);
    if (size > MAX_BYTES) await rename(this.#file, `${this.#file}.1`);
    await appendFile(this.#file, `${JSON.stringify(this.#view(run, instant(this.#clock.now())))}\n`, { mode: 0o600 });
  }

  /** The latest runs, the newest last. @throws what the file system throws */
  async latest(count: number): Promise<RunView[]> {
    const written = [...(await readLines(`${this.#file}.1`)), ...(await readLines(this.#file))];
    return [...written, ...[...this.#runs.values()].map((run) => this.#view(run, undefined))].slice(-count);
  }

  #run(phantom: Holder): Run {
    const known = this.#runs.get(phantom.id);
    if (known !== undefined) return known;
    const run: Run = { phantom, began: instant(this.#clock.now()), traffic: new Map(), refused: new Map() };
    this.#runs.set(phantom.id, run);
    return run;
  }

  #view({ phantom, began, traffic, refused }: Run, endedAt: Instant | undefined): RunView {
    return {
      phantom: phantom.id,
      tool: phantom.tool,
      purpose: phantom.purpose,
      startedAt: began,
      endedAt,
      traffic: [...traffic.values()],
      refused: [...refused.values()],
    };
  }
}

async function readLines(file: string): Promise<RunView[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as RunView];
    } catch {
      // Cut off where the disk was full.
      return [];
    }
  });
}
