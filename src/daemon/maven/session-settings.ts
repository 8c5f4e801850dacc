/**
 * What Maven gets in a session that no shim has started (3.9 and newer: `MAVEN_ARGS`): settings with a phantom for all places that the
 * person's own settings and services name.
 */
import { readFile } from "node:fs/promises";
import { isInScope } from "../../core/gateway/permit.ts";
import { EMPTY_PLAN } from "../../core/plan.ts";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { covers, parseTarget } from "../../core/target.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import { personalSettings } from "../../protocols/maven/situation.ts";
import { surveyKept } from "../../protocols/maven/settings/kept-survey.ts";
import { declaredPlaces } from "../granting/declared-places.ts";
import { grantFor } from "../granting/grants.ts";
import type { SessionPart } from "../granting/session-part.ts";

const TOOL = "maven";
const DESCRIPTOR = "maven-settings.xml";

export const planSession: SessionPart = async (world, { environment, home, publish, fixed, scope, doorway }) => {
  const own = environment["MAVEN_ARGS"] ?? "";
  if (/(^|\s)(-s|--settings)/.test(own)) return undefined;
  const files = new ProjectFiles();
  const request = { home, environment, publish, declared: declaredPlaces(world.access.services, TOOL), mark: fixed.mark };
  try {
    const survey = await surveyKept(
      request,
      await textOf(personalSettings({ environment, home, accountHome: fixed.accountHome })),
      (path) => files.read(path),
    );
    // None is made for what may never be asked.
    const held = (await world.broker.list({ tool: TOOL }))
      .filter(({ state }) => state === "active")
      .map(({ target }) => parseTarget(target));
    const needs = survey.needs.filter(
      ({ target }) => isInScope({ scope }, TOOL, target) && held.some((place) => covers(place, target)),
    );
    const found = await Promise.all(needs.map((need) => grantFor(world, TOOL, need)));
    const grants = found.flatMap(({ grant }) => grant ?? []);
    if (grants.length === 0) return undefined;
    const { permit, text } = survey.through(grants, doorway);
    return {
      permit,
      plan: {
        ...EMPTY_PLAN,
        environment: { MAVEN_ARGS: { descriptor: DESCRIPTOR, before: `${own}${own === "" ? "" : " "}-s ` } },
        descriptors: { [DESCRIPTOR]: new Secret(text("session")) },
      },
    };
  } catch (error) {
    // Then a shim still leads it, where one starts it.
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
};

/** Undefined if it isn't there. */
async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
