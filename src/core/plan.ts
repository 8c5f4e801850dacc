/**
 * What a command is started with besides what the person gave it. A plan is data: `protocols/` makes it,
 * it crosses the wire as JSON, and one place carries it out (`client/carry-out.ts`).
 */
import { Secret } from "./secret.ts";

/**
 * The value of a variable or an argument: text, a secret (in a variable only, where a tool knows no other
 * way), or the path under which one of the plan's descriptors can be opened, with what stands before it.
 */
export type PlanText = string | Secret | DescriptorText;

export interface DescriptorText {
  readonly descriptor: string;
  readonly before?: string;
}

export interface Plan {
  /** Variables that are set for the command. */
  readonly environment: Readonly<Record<string, PlanText>>;
  /** Put before the arguments that the person gave. */
  readonly arguments: readonly PlanText[];
  /** In place of those that the person gave, each as a whole. */
  readonly instead?: Readonly<Record<string, string | DescriptorText>>;
  /** Put after them. */
  readonly trailing?: readonly string[];
  /** The contents of files without a name, under the names by which the plan refers to them. */
  readonly descriptors: Readonly<Record<string, Secret>>;
  /** What the command reads on standard input; without it, it keeps the person's. */
  readonly stdin?: Secret | undefined;
  /** Which token is handed over, and for which place. */
  readonly given: readonly Given[];
  /** A directory whose programs come before those on PATH. */
  readonly programs?: string | undefined;
  /** The ids of the phantoms that are handed over in place of them all. */
  readonly phantoms: readonly string[];
  /** What was left out and why, for the person. */
  readonly notes: readonly string[];
  /** What to do about that. */
  readonly hints: readonly string[];
}

/** What a person is told, and what to do about it. */
export interface Told {
  readonly notes: readonly string[];
  readonly hints: readonly string[];
}

/** A token that a plan hands over. */
export interface Given {
  /** Its id. */
  readonly token: string;
  /** The URL that it is for. */
  readonly place: string;
}

/** What an argument of the person's becomes. */
export function argumentOf({ instead }: Plan, word: string): string | DescriptorText {
  return instead !== undefined && Object.hasOwn(instead, word) ? (instead[word] ?? word) : word;
}

/** The plan of a command that gets nothing. */
export const EMPTY_PLAN: Plan = { environment: {}, arguments: [], descriptors: {}, given: [], phantoms: [], notes: [], hints: [] };

/** Two plans for one command: the variables of the second count. */
export function together(plan: Plan, other: Plan): Plan {
  return {
    ...plan,
    ...other,
    environment: { ...plan.environment, ...other.environment },
    arguments: [...plan.arguments, ...other.arguments],
    ...(plan.trailing === undefined && other.trailing === undefined
      ? {}
      : { trailing: [...(plan.trailing ?? []), ...(other.trailing ?? [])] }),
    ...(plan.instead === undefined && other.instead === undefined ? {} : { instead: { ...plan.instead, ...other.instead } }),
    descriptors: { ...plan.descriptors, ...other.descriptors },
    stdin: other.stdin ?? plan.stdin,
    programs: other.programs ?? plan.programs,
    given: [...plan.given, ...other.given],
    phantoms: [...plan.phantoms, ...other.phantoms],
    notes: [...plan.notes, ...other.notes],
    hints: [...plan.hints, ...other.hints],
  };
}

type WireText = string | { readonly secret: string } | DescriptorText;

type WirePlan = Omit<Plan, "environment" | "arguments" | "descriptors" | "stdin"> & {
  readonly environment: Readonly<Record<string, WireText>>;
  readonly arguments: readonly WireText[];
  readonly descriptors: Readonly<Record<string, string>>;
  readonly stdin?: string | undefined;
};

/** A plan with its secrets, as JSON for the wire. */
export function renderPlan(plan: Plan): string {
  const wire: WirePlan = {
    ...plan,
    environment: mapValues(plan.environment, wireText),
    arguments: plan.arguments.map(wireText),
    descriptors: mapValues(plan.descriptors, (content) => content.reveal()),
    stdin: plan.stdin?.reveal(),
  };
  return JSON.stringify(wire);
}

/** Reads what `renderPlan` of the same build wrote. */
export function parsePlan(text: string): Plan {
  const { stdin, ...wire } = JSON.parse(text) as WirePlan;
  return {
    ...wire,
    environment: mapValues(wire.environment, planText),
    arguments: wire.arguments.map(planText),
    descriptors: mapValues(wire.descriptors, (content) => new Secret(content)),
    ...(stdin === undefined ? {} : { stdin: new Secret(stdin) }),
  };
}

function wireText(text: PlanText): WireText {
  return text instanceof Secret ? { secret: text.reveal() } : text;
}

function planText(text: WireText): PlanText {
  return typeof text === "object" && "secret" in text ? new Secret(text.secret) : text;
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
