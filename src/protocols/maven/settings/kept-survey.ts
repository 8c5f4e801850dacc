/** Settings that lead through the gateway and stay: for every project, and so without any. */
import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import type { Doorway, Grant, Need, PlanThrough, ReadText, RunRequest } from "../../tool-protocol.ts";
import { checkedDeployment, placesOfDeployment } from "../places/deployment-places.ts";
import { additionsOf, openDoors, throughDoorway } from "../places/doors.ts";
import { addKept, removeKept } from "./kept-settings.ts";
import { knownMirrors, knownRepositories } from "../places/known-repositories.ts";
import { distinct } from "../places/place.ts";
import { upstreamOf } from "../places/proxies.ts";
import { personalSettings, proxiesBeside, readSituation } from "../situation.ts";
import { placesOf, wire } from "../places/wiring.ts";

/** What a request of no command says. */
export type KeptRequest = Pick<RunRequest, "home" | "environment" | "declared" | "mark" | "publish">;

interface KeptSurvey {
  readonly needs: readonly Need[];
  /** @throws Failure `unavailable` if the gateway can't go where Maven would */
  through(
    grants: readonly Grant[],
    doorway: Doorway,
  ): { readonly permit: PlanThrough["permit"]; readonly text: (phantom: string) => string };
}

/**
 * @param settings the text of the person's, with or without pieces of ours; undefined if there is no file
 * @param read for those of the machine
 * @throws Failure `unavailable` if they can't be read
 */
export async function surveyKept(request: KeptRequest, settings: string | undefined, read: ReadText): Promise<KeptSurvey> {
  const command: RunRequest = {
    ...request,
    arguments: [],
    directory: "/",
    variables: {},
    installation: { built: "", sealedPrograms: "", gitPrograms: "" },
  };
  const own = personalSettings(command);
  const global = join(request.environment["MAVEN_HOME"] ?? "/", "conf", "settings.xml");
  const situation = await readSituation(command, async (path) => (path === own ? settings : path === global ? read(path) : undefined));
  if (!("settings" in situation))
    throw new Failure("unavailable", situation.note ?? "there are no settings", { hint: situation.hint ?? [] });
  const wiring = wire(knownRepositories(situation), { mirrors: knownMirrors(situation), declared: request.declared, isComplete: false });
  const deployment = request.publish ? checkedDeployment(situation) : undefined;
  return {
    needs: distinct([...placesOf(wiring), ...placesOfDeployment(deployment)]).map((target) => ({ target })),
    through(grants, doorway) {
      const proxies = upstreamOf(
        [...situation.settings.proxies, ...proxiesBeside(situation)],
        grants.map(({ need }) => need.target),
        situation,
      );
      if (typeof proxies === "string") {
        const why = proxies === "login" ? "which wants a login" : "whose address only Maven knows";
        throw new Failure("unavailable", `the gateway can't use the proxy in ${own}, ${why}`, {
          hint: "toolkey setup maven, which hands Maven the tokens themselves",
        });
      }
      const doors = openDoors(grants, wiring, request.mark);
      const additions = additionsOf(doors, throughDoorway(doorway), { deployment, mark: request.mark, proxies: proxiesBeside(situation) });
      const routes = grants.map(({ need: { target } }) => ({ target, isAuthorized: true, publishes: request.publish }));
      return {
        permit: { addressing: "url", holder: "maven", routes, publishes: false, proxies },
        text: (phantom) =>
          addKept(situation.settings, additions, { phantom, isNew: settings === undefined || removeKept(settings) === undefined }),
      };
    },
  };
}
