/** Which profiles of a POM or of the settings are active, as far as that can be told without Maven. */
import { child, childText, type Element } from "../../text/xml.ts";
import type { ProfileChoice } from "../command-line.ts";

/** `possible`: it depends on the machine, on files, or on other profiles. */
export type Activity = "active" | "possible" | "inactive";

export interface Profile {
  readonly id: string;
  readonly isConditional: boolean;
  readonly isActiveByDefault: boolean;
}

export function readProfile(element: Element): Profile {
  const activation = child(element, "activation");
  return {
    id: childText(element, "id") ?? "default",
    isConditional: activation?.children.some(({ name }) => name !== "activeByDefault") ?? false,
    isActiveByDefault: childText(activation, "activeByDefault") === "true",
  };
}

/** @param among all profiles of the same file: one that is active switches off those that are so by default */
export function activity(profile: Profile, among: readonly Profile[], { on, off }: ProfileChoice): Activity {
  if (off.has(profile.id)) return "inactive";
  if (on.has(profile.id)) return "active";
  if (profile.isConditional) return "possible";
  if (!profile.isActiveByDefault) return "inactive";
  return among.some(({ id }) => on.has(id)) ? "inactive" : "possible";
}
