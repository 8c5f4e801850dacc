/**
 * Terraform and OpenTofu directly: hosts are asked by their names, and so nothing leads through the gateway. The person's settings with
 * a block for each host that there is a token for, in a file without a name.
 */
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, origin, sameTarget, type Target } from "../../core/target.ts";
import { noNeeds, type Grant, type ReadHeld, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { credentialsBlock, hostsIn, isJson } from "./cli-config.ts";
import { namedSettings, terraformSettings, tofuSettings } from "./settings-files.ts";

/** Of both; OpenTofu knows no other name for it. */
const SETTINGS = "TF_CLI_CONFIG_FILE";

const BY_HELPER = "write it as HCL, or run terraform without toolkey run, with toolkey as its helper";

/** Commands that ask no host. */
const ASKS_NOTHING = /^(-v|-version|--version|version|-h|-help|--help|fmt|login|logout)$/;

export async function terraform(request: RunRequest, read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const command = request.arguments.find((argument) => !argument.startsWith("-chdir"));
  if (command === undefined || ASKS_NOTHING.test(command)) return noNeeds(EMPTY_PLAN);
  const targets = (await readHeld()).map(({ target }) => target).filter(({ scheme, path }) => scheme === "https" && path.length === 0);
  const needs = targets
    .filter((target, index) => targets.findIndex((other) => sameTarget(other, target)) === index)
    .map((target) => ({ target }));
  const settings = await settingsOf(request, read);
  return { needs, asks: [], plan: (grants) => planWith(grants, settings) };
}

interface PersonalSettings {
  readonly path: string;
  readonly text: string;
}

/** Those that would be read; of a program of another name, those of either. */
async function settingsOf({ program, environment, home }: RunRequest, read: ReadText): Promise<PersonalSettings> {
  const named = namedSettings(environment);
  const usual = program === "terraform" ? [terraformSettings(home)] : tofuSettings(home, environment);
  const paths = named === undefined ? usual : [named];
  for (const path of paths) {
    const text = await read(path);
    if (text !== undefined) return { path, text };
  }
  return { path: paths[0] ?? "", text: "" };
}

function planWith(grants: readonly Grant[], { path, text }: PersonalSettings): Plan {
  // Blocks can't be written behind JSON.
  if (grants.length > 0 && isJson(text))
    return { ...EMPTY_PLAN, notes: [`terraform gets no token, since ${path} is JSON`], hints: [BY_HELPER] };
  const own = hostsIn(text);
  const isOwn = ({ need }: Grant): boolean => own.includes(nameOf(need.target));
  const given = grants.filter((grant) => !isOwn(grant));
  const notes = grants.filter(isOwn).map(({ need }) => `${path} has a token for ${nameOf(need.target)} itself, which counts`);
  const hints = notes.length === 0 ? [] : ["toolkey import takes it into the vault"];
  if (given.length === 0) return { ...EMPTY_PLAN, notes, hints };
  const blocks = given.map(({ need, token }) => credentialsBlock(nameOf(need.target), token.secret.reveal()));
  return {
    ...EMPTY_PLAN,
    environment: { [SETTINGS]: { descriptor: "settings" } },
    descriptors: { settings: new Secret([text, ...blocks].join("\n")) },
    given: given.map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
    notes: [...notes, "what it starts can read that, too: providers are programs of others"],
    hints,
  };
}

/** A host as Terraform writes it, with its port if that is another one. */
function nameOf(target: Target): string {
  return origin(target).replace("https://", "");
}
