/** What holds of the system's file, the user's own and what was accepted (docs/decisions/0040-for-many.md). Pure. */
import type { LockTimes } from "../../broker/open-time.ts";
import type { ConfigurationFault, SettingView } from "../../core/views/configuration.ts";
import { duration } from "../../core/clock.ts";
import type { SandboxSettings } from "../../core/sandbox.ts";
import { faultAt, located } from "./faults.ts";
import { faultyOf, type Said } from "./reading.ts";
import { isAmong, isOfTrust, tableOf, TIMES } from "./settings.ts";
import { trustOf, trustText, type Accepted, type Settings } from "./trust.ts";

export interface Layers {
  readonly system: Said;
  /** Whether what the system's file says of trust holds by itself: root, who is somebody else, has written it. */
  readonly isRootsWord: boolean;
  readonly own: Said;
  /** Undefined while that is not known. */
  readonly accepted: Accepted | undefined;
}

/** What a sandbox takes away, by the names of the settings: where it can't be told, none is made. */
const TAKEN_AWAY = ["sandbox.hide", "sandbox.readonly", "sandbox.variables"];

/** What the user's own file says and may say. */
function allowed({ own, system }: Layers): Settings {
  return withoutFixed(own.settings, system);
}

function withoutFixed(settings: Settings, { fixed }: Said): Settings {
  return new Map([...settings].filter(([name]) => !isAmong(fixed, name)));
}

/** In milliseconds. Where a file can't be read in which a time may be, the safest that is known. */
export function timeOf(layers: Layers, name: keyof typeof TIMES): number {
  const { byDefault, safest } = TIMES[name];
  const [own, system] = [allowed(layers), layers.system.settings].map((said) => said.get(name) as string | undefined);
  const isUnknown = isAmong(layers.system.unknown, name) || (!isAmong(layers.system.fixed, name) && isAmong(layers.own.unknown, name));
  const known = [own, system, byDefault].filter((said) => said !== undefined).map(duration);
  return isUnknown ? safest(...known) : (known[0] ?? 0);
}

export function lockTimes(layers: Layers): LockTimes {
  return { idle: timeOf(layers, "lock.idle"), absolute: timeOf(layers, "lock.absolute") };
}

/** What the system's file says of trust, and holds without anybody's yes. */
export function ofSystem({ system, isRootsWord }: Layers): Settings {
  return new Map(isRootsWord ? [...system.settings].filter(([name]) => isOfTrust(name)) : []);
}

/** What was accepted, without what root has fixed since. */
export function acceptedNow({ accepted, system, isRootsWord }: Layers): Settings | undefined {
  return accepted === undefined || !isRootsWord ? accepted?.settings : withoutFixed(accepted.settings, system);
}

/** What decides about trust and is in force. */
export function trustInForce(layers: Layers): Settings {
  const own = acceptedNow(layers) ?? [];
  // Of services at one place the first one counts: the user's own.
  return new Map([...own, ...ofSystem(layers), ...own]);
}

/**
 * What decides about trust as it would be accepted. Where nobody vouches for the system's file, it is accepted with the user's own. A
 * setting that can't be read stays as it was accepted; and order is no change.
 */
export function written(layers: Layers): Settings {
  const { own, system, isRootsWord } = layers;
  const before = acceptedNow(layers) ?? new Map<string, unknown>();
  const files = isRootsWord ? [own] : [own, system];
  const faulty = files.map(faultyOf);
  const isFaulty = (name: string): boolean => faulty.some((names) => isAmong(names, name));
  const said = [...(isRootsWord ? [] : system.settings), ...allowed(layers)].filter(([name]) => isOfTrust(name) && !isFaulty(name));
  const now = new Map([...said, ...[...before].filter(([name]) => isFaulty(name))]);
  return new Map([...[...before.keys()].filter((name) => now.has(name)).map((name) => [name, now.get(name)] as const), ...now]);
}

/** Whether what decides about trust is another than was accepted. */
export function hasChanged(layers: Layers): boolean {
  const before = acceptedNow(layers);
  return before !== undefined && trustText(before) !== trustText(written(layers));
}

/** In which files that may be, for people. */
export function waitingFiles({ own, system, isRootsWord }: Layers): string {
  return isRootsWord || ![...system.settings.keys()].some(isOfTrust) ? own.file : `${own.file} or ${system.file}`;
}

/** Whether there may be something in the files that holds once it was accepted. @param table that it is in */
export function mayBeAccepted({ own, system, isRootsWord }: Layers, table?: string): boolean {
  const isMeant = (name: string): boolean => name === "" || (isOfTrust(name) && (table === undefined || tableOf(name) === table));
  return (isRootsWord ? [own] : [own, system]).some(({ settings, unknown }) => [...settings.keys(), ...unknown].some(isMeant));
}

/** What holds for sandboxes. Before it is known what was accepted, what the user's own file says and takes nothing away from one. */
export function sandboxInForce(layers: Layers): SandboxSettings {
  const { own, system, accepted } = layers;
  const preview = [...allowed(layers)].filter(([name]) => name !== "sandbox.show" && name !== "sandbox.keep");
  const ofOwn: Settings = acceptedNow(layers) ?? new Map(preview);
  const settings = trustOf(new Map([...ofSystem(layers), ...ofOwn].filter(([name]) => tableOf(name) === "sandbox"))).sandbox;
  const isUnknown = (name: string): boolean => {
    // A file of which nothing can be read takes nothing from what was accepted of it.
    const faulty = accepted === undefined ? own.unknown : new Set([...faultyOf(own)].filter((each) => each !== ""));
    const isOwnUnknown = !isAmong(system.fixed, name) && !ofOwn.has(name) && isAmong(faulty, name);
    return isOwnUnknown || (isAmong(system.unknown, name) && (!ofOwn.has(name) || system.unknown.has("")));
  };
  const taken = TAKEN_AWAY.find(isUnknown);
  const fault = [...own.faults, ...system.faults].find(({ setting }) => taken !== undefined && isAmong(new Set([setting]), taken));
  return {
    ...settings,
    default: isUnknown("sandbox.default") || settings.default,
    fault: fault && { what: fault.what, hints: fault.hints },
  };
}

/** Names of services that can be told to be in the system's file, and not what is said of them: none takes their place. */
export function servicesInDoubt({ system }: Layers): readonly string[] {
  return [...system.unknown].filter((name) => name.startsWith("service.")).map((name) => name.slice("service.".length));
}

/** Which file each setting that holds is from. */
export function origins(layers: Layers): SettingView[] {
  const { own, system } = layers;
  const times = Object.keys(TIMES).filter((name) => allowed(layers).has(name) || system.settings.has(name));
  const ofOwn = new Set([...allowed(layers).keys(), ...(acceptedNow(layers)?.keys() ?? [])]);
  return [...times, ...trustInForce(layers).keys()].map((name) => ({
    name,
    file: ofOwn.has(name) && (own.settings.has(name) || !system.settings.has(name)) ? own.file : system.file,
    fixed: isAmong(system.fixed, name),
  }));
}

/** What is wrong with the files, and what the user's own may not say. */
export function faultsOfFiles({ own, system }: Layers): readonly ConfigurationFault[] {
  const place = located(own.file, own.text);
  const refused = [...own.settings.keys()].filter((name) => isAmong(system.fixed, name)).map((name) => {
    const what = `${name} is fixed by ${system.file}, and ${heldInstead(system.settings.get(name))}`;
    return { ...faultAt(name.split("."), place, what, ["take it out of your own file"]), kind: "fixed" as const };
  });
  return [...faultsOf({ ...own, faults: [...own.faults, ...refused] }), ...faultsOf(system)];
}

export function faultsOf({ file, faults }: Pick<Said, "file" | "faults">): ConfigurationFault[] {
  return faults.map(({ setting, ...fault }) => ({ ...fault, file, setting: setting === "" ? undefined : setting }));
}

function heldInstead(value: unknown): string {
  if (value === undefined) return "what toolkey has by default holds";
  return typeof value === "object" && !Array.isArray(value) ? "what that says holds" : `${JSON.stringify(value)} holds`;
}
