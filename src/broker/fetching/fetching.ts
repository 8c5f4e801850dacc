/** Tokens that a command prints, each time: what it printed last, as long as that is good (docs/decisions/0032-fetched-tokens.md). */
import { hash } from "node:crypto";
import { instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import type { Secret } from "../../core/secret.ts";
import { plain } from "../../core/text/plain-text.ts";
import { unpresentable } from "../../core/tokens/presentable.ts";
import { sameCommand, type TokenCommand } from "../../core/tokens/token-command.ts";
import type { Token } from "../../core/tokens/token.ts";
import type { RunEnd, RunLimits, RunResult } from "../../platform/processes/limited-run.ts";
import { isDue } from "../token-life/renewal-time.ts";
import { readOutput, type PrintedToken } from "./output.ts";

const LIMITS: RunLimits = { milliseconds: 60_000, bytes: 256 * 1024 };
/** Where nothing says how long it is good, it is fetched again after so many milliseconds. */
const UNSAID_MS = 10 * 60_000;
/** How long a command rests after it failed, or what it printed was refused, in milliseconds. */
const REST_MS = 30_000;
/** Of so many secrets it is known that they were fetched, by their hashes. */
const MOST_KNOWN = 1_000;

/** Of what it says a person is shown so many lines, the last ones, and of each so many characters. */
const MOST_LINES = 20;
const MOST_CHARACTERS = 300;

/** Why there is no token. */
export interface NotFetched {
  /** For everybody. */
  readonly why: string;
  /** What the command said on standard error: for who is outside of sealed commands, and nobody else. */
  readonly said: string;
  /** The person has to confirm it. */
  readonly isChanged?: true;
}

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
  readonly #declared: (service: string) => Pick<TokenCommand, "argv" | "lifetime"> | undefined;
  /** By command. */
  readonly #held = new Map<string, Held>();
  readonly #resting = new Map<string, Rest>();
  readonly #flights = new Map<string, Promise<Held | NotFetched>>();
  /** The ids of the tokens that had a secret, by its hash, the latest last. */
  readonly #known = new Map<string, Set<string>>();
  /** How often all was dropped: what is under way then is not kept. */
  #times = 0;

  /**
   * @param world `run`: with these variables, and those of the latest session; `declared`: what config.toml says, by service; `now` in
   * milliseconds since the epoch
   */
  constructor(world: {
    run: RunCommand;
    declared: (service: string) => Pick<TokenCommand, "argv" | "lifetime"> | undefined;
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
    if (command.ofService === true && !this.#isDeclared(token.service, command))
      return { why: `the command of ${token.service} is not the one that was confirmed`, said: "", isChanged: true };
    const held = this.#good(command);
    if (held !== undefined && (held.endsAt !== undefined || !this.#isOld(held))) {
      const filled = this.#with(token, held);
      // Those who ask now get what there is. Whatever goes wrong is told to who asks when that is over.
      if (isDue(filled, this.#now())) void this.#unlessResting(command);
      return filled;
    }
    const fetched = await this.#unlessResting(command);
    if (!("why" in fetched)) return this.#with(token, fetched);
    return held === undefined ? fetched : this.#with(token, held);
  }

  /** Runs a command now, whatever came of it before. @returns what it said. @throws Failure `unavailable`, with what it said */
  async prove(command: TokenCommand): Promise<string> {
    this.#resting.delete(keyOf(command));
    const fetched = await this.#unlessResting(command);
    if (!("why" in fetched)) return fetched.said;
    throw new Failure("unavailable", `${command.argv[0]}: ${fetched.why}`, { hint: saidLines(fetched.said) });
  }

  /** The token of a tool that was given this secret, if it was fetched. */
  givenTo(tool: string, secret: Secret | undefined): string | undefined {
    const ids = secret === undefined ? undefined : this.#known.get(hashOf(secret));
    return ids === undefined ? undefined : [...ids].find((id) => id.startsWith(`${tool}-`));
  }

  /** What was fetched for it was refused. @param secret the one that was, if that is known */
  drop({ command }: Token, secret: Secret | undefined): void {
    if (command === undefined) return;
    const held = this.#held.get(keyOf(command));
    if (held === undefined || (secret !== undefined && !held.secret.equals(secret))) return;
    this.#held.delete(keyOf(command));
    this.#rest(command, { why: "what it printed was refused a moment ago", said: "" });
  }

  /** Drops all secrets: the vault was closed. */
  forget(): void {
    this.#held.clear();
    this.#resting.clear();
    this.#times += 1;
  }

  #isDeclared(service: string, command: TokenCommand): boolean {
    const declared = this.#declared(service);
    return declared !== undefined && sameCommand(declared, command);
  }

  #good(command: TokenCommand): Held | undefined {
    const held = this.#held.get(keyOf(command));
    return held === undefined || (held.endsAt !== undefined && held.endsAt <= this.#now()) ? undefined : held;
  }

  /** Also if the clock was set back. */
  #isOld({ fetchedAt }: Held): boolean {
    return Math.abs(this.#now() - fetchedAt) >= UNSAID_MS;
  }

  #with(token: Token, { secret, username, fetchedAt, endsAt }: Held): Token {
    const hashed = hashOf(secret);
    this.#known.set(hashed, (this.#known.get(hashed) ?? new Set()).add(token.id));
    for (const oldest of this.#known.keys()) if (this.#known.size > MOST_KNOWN) this.#known.delete(oldest);
    const facts = { ...token.facts, issuedAt: instant(fetchedAt), expiresAt: endsAt === undefined ? undefined : instant(endsAt) };
    return { ...token, secret, username: token.username ?? username, facts };
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
    const times = this.#times;
    const known = this.#flights.get(key);
    if (known !== undefined) return known;
    const flight = this.#fetch(command).then((fetched) => {
      this.#flights.delete(key);
      if ("why" in fetched) this.#rest(command, fetched);
      else if (times === this.#times) this.#held.set(key, fetched);
      return fetched;
    });
    this.#flights.set(key, flight);
    return flight;
  }

  async #fetch({ argv, variables, lifetime }: TokenCommand): Promise<Held | NotFetched> {
    let ran: RunResult;
    try {
      ran = await this.#run(argv, variables, LIMITS);
    } catch (error) {
      if (error instanceof Failure) return { why: error.message, said: "" };
      throw error;
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

/** What a person does about a token that could not be fetched. */
export function fetchAgain({ id, service, command }: Token): string {
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

function hashOf(secret: Secret): string {
  return hash("sha256", secret.reveal());
}
