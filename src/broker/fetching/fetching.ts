/** Tokens that a command prints, each time: what it printed last, as long as that is good (docs/decisions/0032-fetched-tokens.md). */
import { instant } from "../../core/clock.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { sameTarget } from "../../core/target.ts";
import { plain } from "../../core/text/plain-text.ts";
import { unpresentable } from "../../core/tokens/presentable.ts";
import { sameCommand, type TokenCommand } from "../../core/tokens/token-command.ts";
import type { Token } from "../../core/tokens/token.ts";
import type { Service } from "../../issuers/service.ts";
import type { RunEnd, RunLimits, RunResult } from "../../platform/processes/limited-run.ts";
import { isDue } from "../token-life/renewal-time.ts";
import { readOutput, type PrintedToken } from "./output.ts";

const LIMITS: RunLimits = { milliseconds: 60_000, bytes: 256 * 1024 };
/** Where nothing says how long it is good, it is fetched again after so many milliseconds. */
const UNSAID_MS = 10 * 60_000;
/** How long a command rests after it failed, and what it printed is new, in milliseconds. */
const REST_MS = 30_000;

/** Of what it says a person is shown so many lines, the last ones, and of each so many characters. */
const MOST_LINES = 20;
const MOST_CHARACTERS = 300;

/** Why there is no token. */
export interface NotFetched {
  /** For everybody. */
  readonly why: string;
  /** What the command said on standard error: for who is outside of sealed commands, and nobody else. */
  readonly said: string;
  /** What to do, where running it again is not it. */
  readonly hint?: string;
}

/** What config.toml says of a service. */
export type Declared = Pick<Service, "command" | "tools">;

export type RunCommand = (argv: TokenCommand["argv"], variables: TokenCommand["variables"], limits: RunLimits) => Promise<RunResult>;

interface Held extends PrintedToken {
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
  readonly said: string;
}

interface Rest extends NotFetched {
  readonly until: number;
}

export class Fetching {
  readonly #run: RunCommand;
  readonly #now: () => number;
  readonly #declared: (service: string) => Declared | undefined;
  /** By command. */
  readonly #held = new Map<string, Held>();
  readonly #resting = new Map<string, Rest>();
  readonly #flights = new Map<string, Promise<Held | NotFetched>>();
  /** Ends what is under way, whose token is not kept then. */
  #ending = new AbortController();

  /**
   * @param world `run`: with these variables, and those of the latest session; `declared`: what config.toml says, by service; `now` in
   * milliseconds since the epoch
   */
  constructor(world: {
    run: RunCommand;
    declared: (service: string) => Declared | undefined;
    now: () => number;
  }) {
    this.#run = world.run;
    this.#declared = world.declared;
    this.#now = world.now;
  }

  /** The token with what its command printed; the same one where it has no command. */
  async fill(token: Token): Promise<Token | NotFetched> {
    const { command } = token;
    if (command === undefined) return token;
    const changed = command.ofService === true ? changeOf(token, command, this.#declared(token.service)) : undefined;
    if (changed !== undefined) return { ...changed, said: "" };
    const held = this.#good(command);
    if (held !== undefined && (held.endsAt !== undefined || !this.#isOld(held))) {
      const filled = withPrinted(token, held);
      // Those who ask now get what there is. Whatever goes wrong is told to who asks when that is over.
      if (isDue(filled, this.#now())) void this.#unlessResting(command);
      return filled;
    }
    const fetched = await this.#unlessResting(command);
    if (!("why" in fetched)) return withPrinted(token, fetched);
    return held === undefined ? fetched : withPrinted(token, held);
  }

  /** Runs a command now, whatever came of it before. @returns what it said. @throws Failure `unavailable`, with what it said */
  async prove(command: TokenCommand): Promise<string> {
    this.#resting.delete(keyOf(command));
    const fetched = await this.#unlessResting(command);
    if (!("why" in fetched)) return fetched.said;
    throw new Failure("unavailable", `${command.argv[0]}: ${fetched.why}`, { hint: saidLines(fetched.said) });
  }

  /** The token with what is kept for it now; undefined if that is nothing. */
  held(token: Token): Token | undefined {
    const held = token.command === undefined ? undefined : this.#held.get(keyOf(token.command));
    return held && withPrinted(token, held);
  }

  /** Whether its command has only just printed what is kept for it: another one would be the same. */
  isNew({ command }: Token): boolean {
    const held = command === undefined ? undefined : this.#held.get(keyOf(command));
    return held !== undefined && Math.abs(this.#now() - held.fetchedAt) < REST_MS;
  }

  /** Drops what is kept for a token: it was refused. */
  drop({ command }: Token): void {
    if (command !== undefined) this.#held.delete(keyOf(command));
  }

  /** Drops all secrets, and ends the commands that run: the vault was closed, or the daemon ends. */
  forget(): void {
    this.#held.clear();
    this.#resting.clear();
    this.#ending.abort();
    this.#ending = new AbortController();
  }

  #good(command: TokenCommand): Held | undefined {
    const held = this.#held.get(keyOf(command));
    // Where the clock was set back nobody knows how old it is.
    if (held === undefined || held.fetchedAt > this.#now()) return undefined;
    return held.endsAt !== undefined && held.endsAt <= this.#now() ? undefined : held;
  }

  #isOld({ fetchedAt }: Held): boolean {
    return this.#now() - fetchedAt >= UNSAID_MS;
  }

  async #unlessResting(command: TokenCommand): Promise<Held | NotFetched> {
    const resting = this.#resting.get(keyOf(command));
    const left = (resting?.until ?? 0) - this.#now();
    // If it is longer than a rest is, the clock was set back.
    if (resting !== undefined && left > 0 && left <= REST_MS) return resting;
    return this.#once(command);
  }

  /** Whoever wants the same one meanwhile takes part. */
  #once(command: TokenCommand): Promise<Held | NotFetched> {
    const key = keyOf(command);
    const { signal } = this.#ending;
    const known = this.#flights.get(key);
    if (known !== undefined) return known;
    const flight = this.#fetch(command, signal).then((fetched) => {
      this.#flights.delete(key);
      if (signal.aborted) return { why: "the vault was locked meanwhile, or the daemon ended", said: "" };
      if ("why" in fetched) this.#rest(command, fetched);
      else this.#held.set(key, fetched);
      return fetched;
    });
    this.#flights.set(key, flight);
    return flight;
  }

  /** Never throws: who waits next would have it, too, and a renewal has nobody who waits. */
  async #fetch({ argv, variables, lifetime }: TokenCommand, signal: AbortSignal): Promise<Held | NotFetched> {
    let ran: RunResult;
    try {
      ran = await this.#run(argv, variables, { ...LIMITS, signal });
    } catch (error) {
      const why = error instanceof Failure ? error.message : `it can't be started: ${systemErrorCode(error) ?? "unknown error"}`;
      return { why, said: "" };
    }
    const { end, stdout, stderr: said } = ran;
    if (end.how !== "exited" || end.code !== 0) return { why: inWords(end), said };
    const fetchedAt = this.#now();
    const printed = readOutput(stdout, fetchedAt);
    if (printed === undefined) return { why: "what it printed is no token in a form that toolkey knows", said };
    const part = unpresentable(printed);
    if (part !== undefined) return { why: `the ${part} that it printed holds a control character`, said };
    const endsAt = printed.endsAt ?? (lifetime === undefined ? undefined : fetchedAt + lifetime * 1000);
    if (endsAt !== undefined && endsAt <= fetchedAt) return { why: "the token that it printed has expired already", said };
    return { ...printed, endsAt, fetchedAt, said };
  }

  #rest(command: TokenCommand, { why, said }: NotFetched): void {
    this.#resting.set(keyOf(command), { why, said, until: this.#now() + REST_MS });
  }
}

/** Why what was confirmed is not what config.toml says now; undefined if it is. */
function changeOf(
  { id, tool, target, service, username }: Token,
  command: TokenCommand,
  declared: Declared | undefined,
): Pick<NotFetched, "why" | "hint"> | undefined {
  if (declared?.command === undefined) return { why: `config.toml has no command for ${service} any more`, hint: `toolkey revoke ${id}` };
  const use = declared.tools[tool];
  const isThere = use?.targets.some((each) => sameTarget(each, target)) === true && use.username === username;
  if (!isThere) return { why: `config.toml has another place or user name for ${tool} at ${service}`, hint: `toolkey login ${service}` };
  if (sameCommand(declared.command, command)) return undefined;
  return { why: `the command of ${service} is not the one that was confirmed`, hint: `toolkey login ${service}` };
}

function withPrinted(token: Token, { secret, username, fetchedAt, endsAt }: Held): Token {
  const facts = { ...token.facts, issuedAt: instant(fetchedAt), expiresAt: endsAt === undefined ? undefined : instant(endsAt) };
  return { ...token, secret, username: token.username ?? username, facts };
}

/** What a person does about a token that could not be fetched. */
export function fetchAgain({ id, service, command }: Token, { hint }: Pick<NotFetched, "hint">): string {
  if (hint !== undefined) return hint;
  const again = command?.ofService === true ? `toolkey login ${service}` : `toolkey rotate ${id}`;
  return `to run its command again, and see what it says: ${again}`;
}

/** What a command said, as lines for people. */
export function saidLines(said: string): string[] {
  const lines = said.split(/\r\n|\r|\n/).map((line) => plain(line).trimEnd()).filter((line) => line.trim() !== "");
  const left = lines.length - MOST_LINES;
  const shown = lines.slice(-MOST_LINES).map((line) => `it says: ${line.slice(0, MOST_CHARACTERS)}`);
  return left > 0 ? [`it says more: ${left} lines before these`, ...shown] : shown;
}

function inWords(end: RunEnd): string {
  switch (end.how) {
    case "exited":
      return `it ended with exit code ${end.code}`;
    case "killed":
      return `it was ended by ${end.signal}`;
    case "took-too-long":
      return `it took longer than ${LIMITS.milliseconds / 1000} s, and was ended`;
    case "printed-too-much":
      return `it printed more than ${LIMITS.bytes / 1024} KiB, and was ended`;
    case "not-started":
      return end.code === "ENOENT" ? "there is no such program" : `it can't be started: ${end.code}`;
    default:
      return end satisfies never;
  }
}

function keyOf({ argv, variables, lifetime }: TokenCommand): string {
  return JSON.stringify([argv, variables, lifetime]);
}
