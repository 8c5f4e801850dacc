/** Settings of Maven that lead through the gateway and stay (`toolkey setup maven --gateway`). */
import * as z from "zod/mini";
import { Failure } from "../../core/failure.ts";
import { PHANTOM_PREFIX } from "../../core/gateway/phantom.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget } from "../../core/target.ts";
import { miss, ok } from "../../core/wire/wire.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import { newPhantom } from "../../gateway/phantoms/phantoms.ts";
import { surveyKept } from "../../protocols/maven/settings/kept-survey.ts";
import type { Grant } from "../../protocols/tool-protocol.ts";
import { declaredPlaces } from "../granting/declared-places.ts";
import { grantFor } from "../granting/grants.ts";
import type { ToolOperation } from "../operations/tool-operation.ts";
import { readPayload } from "../operations/payload.ts";
import { upstreamOf } from "../granting/phantom-of-plan.ts";
import { serverMark } from "../granting/server-mark.ts";

const settingsRequest = z.strictObject({
  /** The person's, as they are; absent if there is no file. */
  settings: z.optional(z.string()),
  home: z.string().check(z.regex(/^\//)),
  environment: z.record(z.string(), z.string()),
  publish: z.boolean(),
  /** To be looked at only: its phantom is none. */
  isTrial: z.boolean(),
});
const endRequest = z.strictObject({ except: z.optional(z.string()) });

/** What people read of the phantom. What it is, its permit says. */
const PURPOSE = "maven settings";

/** The id of what is no phantom. */
const TRIAL = "trial";

/**
 * The operation `gateway-settings`: the settings with a phantom in them, as JSON `{text, phantom}` with the phantom's id.
 * Phantoms of before stay good until `end-gateway-settings`, since these may not be written.
 *
 * @throws Failure if there is no token, or the gateway can't be used
 */
export const answerGatewaySettings: ToolOperation = async (world, { payload }) => {
  const files = new ProjectFiles();
  const { settings, home, environment, publish, isTrial } = readPayload(settingsRequest, payload, "gateway-settings");
  const declared = declaredPlaces(world.access.services, "maven");
  const survey = await surveyKept({ home, environment, publish, declared, mark: await serverMark(world.paths) }, settings, (path) =>
    files.read(path),
  );
  const found = await Promise.all(survey.needs.map((need) => grantFor(world, "maven", need)));
  const grants = found.map(({ grant }) => grant).filter((grant): grant is Grant => grant !== undefined);
  const [notes, hints] = [found.flatMap((each) => each.notes), found.flatMap((each) => each.hints)];
  if (grants.length === 0) {
    throw new Failure(
      "not-found",
      notes[0] ?? "there is no maven token for a repository of your settings, or of a service that names a server of Maven's",
      {
        hint:
          hints[0] ??
          "toolkey add URL --tool maven, and a mirror for that URL in ~/.m2/settings.xml, or maven = { server, url } of a service in config.toml",
      },
    );
  }
  const gateway = await world.gateway.open();
  const phantom = isTrial ? new Secret(`${PHANTOM_PREFIX}...`) : newPhantom();
  const { permit: { proxies, caFiles = [], ...permit }, text } = survey.through(grants, { gateway: await gateway.listen(), phantom });
  const upstream = { ...upstreamOf(environment, caFiles), ...proxies };
  const id = isTrial
    ? TRIAL
    : await gateway.issue(phantom, { tool: "maven", purpose: PURPOSE, permit: { ...permit, upstream }, starter: undefined });
  const places = grants.map(({ need }) => formatTarget(need.target));
  return {
    answer: ok(JSON.stringify({ text: text(id), phantom: id, places }), notes, hints),
    place: places.join(" "),
    tokens: grants.map(({ token }) => token.id),
  };
};

/** The operation `end-gateway-settings`: ends the phantoms of all such settings but one. */
export const endGatewaySettings: ToolOperation = async (world, { payload }) => {
  const { except } = readPayload(endRequest, payload, "end-gateway-settings");
  await (await world.gateway.open()).endKept(except);
  return { answer: miss() };
};
