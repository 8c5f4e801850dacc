/** What `toolkey doctor` says of git. */
import { existsSync } from "node:fs";
import type { TokenView } from "../../../core/tokens/token.ts";
import { runProgram } from "../../../platform/processes/programs.ts";
import { effectiveHelpers, helperValues, isOurHelper, isPlaintextHelper } from "../../../protocols/git/setup.ts";
import type { Context } from "../../context.ts";
import type { Doctor } from "../cli-tool.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import { helperPath } from "./configuration.ts";
import { GitHelpers, helpersInWords, isInForce, quoted, type PlaceHelpers } from "./git-helpers.ts";
import { withoutPaths } from "./without-paths.ts";

export const gitDoctor: Doctor = { ofTokens: pathFindings, always: gitFindings };

/** @param tokens those of the vault, as far as it opens */
async function gitFindings({ environment }: Context, tokens: readonly TokenView[]): Promise<Finding[]> {
  const version = await runProgram("git", ["--version"], environment);
  if (version === undefined) return [doubtful("program-missing", "git is not on PATH", "install git, if it is to use toolkey")];
  const helpers = await GitHelpers.read(environment);
  const effective = effectiveHelpers(helpers.settings.filter(({ key }) => key === "credential.helper").map(({ value }) => value));
  const others = effective.filter((value) => !isOurHelper(value));
  const isComplete = effective.some((value) => isOurHelper(value) && !value.endsWith(" --first"));
  const all = await helpers.ofPlaces();
  const places = all.filter(isInForce);
  const findings = [good("program-found", version.stdout.trim())];
  if (!isComplete) findings.push(bad("not-set-up", "git does not ask toolkey", "toolkey setup git"));
  else if (others.length > 0)
    findings.push(
      doubtful(
        "other-helper",
        `git also hands its credentials to: ${others.join(", ")}`,
        "toolkey setup git, which makes it the only one",
      ),
    );
  else
    findings.push(
      good(
        "asks-toolkey",
        places.length === 0
          ? "git asks toolkey, and no other helper"
          : "git asks toolkey, except for hosts that have a helper of their own",
      ),
    );
  const helper = await helperPath(environment);
  const [first, second] = helperValues(helper);
  if (effective.includes(second) && !existsSync(helper)) {
    findings.push(bad("helper-missing", `${helper} is not there, and git is to ask it`, "toolkey setup git"));
  }
  if (isComplete && !(effective.includes(first) && effective.includes(second))) {
    findings.push(
      doubtful(
        "setup-outdated",
        "git asks toolkey by a setting that takes longer than that of 'toolkey setup git'",
        "toolkey setup git",
      ),
    );
  }
  if (isComplete) findings.push(...placeFindings(all), ...(await unaskedFindings(helpers, places.length === 0 ? [] : tokens)));
  for (const { key, value, file } of helpers.settings) {
    const counts =
      key === "credential.helper"
        ? effective.includes(value)
        : places.some(({ place, asked }) => key === `credential.${place}.helper` && asked.includes(value));
    if (counts && isPlaintextHelper(value))
      findings.push(
        bad(
          "plain-text-helper",
          `git writes secrets to a plain text file: ${key} = ${value} in ${file}`,
          "remove that setting",
        ),
      );
  }
  return findings;
}

/** Hosts with helpers of their own. */
function placeFindings(places: readonly PlaceHelpers[]): Finding[] {
  return places.map((each) => {
    const { place, helpers, asked } = each;
    if (!asked.some(isOurHelper)) return good("host-has-own-helper", `for ${place} git asks ${helpersInWords(asked)}`);
    if (!isInForce(each))
      return good(
        "host-helper-off",
        `for ${place} git asks toolkey; its own helper there is switched off${helpers.length === 0 ? "" : `: ${quoted(helpers)}`}`,
      );
    return doubtful(
      "other-helper",
      `for ${place} git also hands its credentials to: ${helpers.join(", ")}`,
      "toolkey setup git --every-host, which makes toolkey the only one",
    );
  });
}

/** Tokens that git gets from nobody, since it has another helper for their host. */
async function unaskedFindings(helpers: GitHelpers, tokens: readonly TokenView[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id, tool, state, target } of tokens) {
    if (tool !== "git" || state !== "active") continue;
    const asked = await helpers.at(target);
    if (!asked.some(isOurHelper))
      findings.push(
        doubtful(
          "token-not-asked-for",
          `git does not get ${id}: for ${target} it asks ${helpersInWords(asked)}`,
          "toolkey setup git --every-host, to have toolkey asked there",
        ),
      );
  }
  return findings;
}

/** What clients get that leave the path out, where they aren't told to name it. */
async function pathFindings(context: Context, tokens: Parameters<typeof withoutPaths>[0]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { host, text, getsNothing } of withoutPaths(tokens)) {
    const asked = await runProgram("git", ["config", "--get-urlmatch", "credential.useHttpPath", `${host}/`], context.environment);
    if (asked?.stdout.trim() === "true") continue;
    const useHttpPath = `git config --global credential.${host}.useHttpPath true`;
    findings.push(getsNothing ? doubtful("path-left-out", text, useHttpPath) : good("path-left-out", text));
  }
  return findings;
}
