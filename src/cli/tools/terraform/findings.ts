/** The checks of `toolkey doctor` for Terraform and OpenTofu. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { origin, parseTarget } from "../../../core/target.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { homeOf } from "../../../platform/paths.ts";
import { helperIn, hostsIn, namesHelper } from "../../../protocols/terraform/cli-config.ts";
import { findInCredentialsFile } from "../../../protocols/terraform/credentials-file.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import { ownProgram } from "../../setup/own-program.ts";
import { programText } from "../../setup/program-text.ts";
import type { Context } from "../../context.ts";
import type { Doctor } from "../cli-tool.ts";
import { terraformPlaces } from "./places.ts";
import { pluginScript, PROGRAM } from "./setup.ts";

const AGAIN = "toolkey setup terraform";

export const terraformDoctor: Doctor = {
  /** Nothing where it has no token and was not set up. */
  async ofTokens(context, tokens) {
    const own = tokens.filter(({ tool, state }) => tool === "terraform" && state === "active");
    const { settings } = terraformPlaces(context.environment);
    const texts = await Promise.all(settings.map(async (path) => ({ path, text: (await readTextFile(path)) ?? "" })));
    const isSetUp = texts.some(({ text }) => namesHelper(text));
    if (own.length === 0 && !isSetUp) return [];
    return [
      ...(await helperFindings(context, texts, isSetUp)),
      ...(await Promise.all(own.map(({ target }) => beaten(context, origin(parseTarget(target)).replace("https://", ""), texts)))).flat(),
      ...own.filter(({ target }) => parseTarget(target).path.length > 0).map(({ id, target }) =>
        doubtful(
          "token-not-asked-for",
          `Terraform asks for hosts alone, and never gets ${id}, which is for ${target}`,
          `toolkey revoke --local ${id}, then add it for the host`,
        ),
      ),
    ];
  },
};

interface SettingsText {
  readonly path: string;
  readonly text: string;
}

async function helperFindings({ environment }: Context, texts: readonly SettingsText[], isSetUp: boolean): Promise<Finding[]> {
  const { plugins } = terraformPlaces(environment);
  const another = texts.find(({ text }) => helperIn(text) !== undefined && !namesHelper(text));
  if (another !== undefined)
    return [
      bad(
        "other-helper-instead",
        `${another.path} names another credentials helper: ${helperIn(another.text) ?? ""}`,
        AGAIN,
      ),
    ];
  if (!isSetUp) return [doubtful("not-set-up", "terraform does not ask toolkey", AGAIN)];
  const program = join(plugins, PROGRAM);
  const helper = await ownProgram(PROGRAM, environment);
  if ((await programText(program)) !== pluginScript(helper) || !existsSync(helper))
    return [bad("helper-missing", `${program} is not there, or of another toolkey: Terraform fails`, AGAIN)];
  return [good("asks-toolkey", `terraform asks toolkey, by ${program}`)];
}

/** What comes before a helper. @param host with its port, if that is another one */
async function beaten({ environment }: Context, host: string, texts: readonly SettingsText[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  // As Terraform writes a host there: '.' as '_', '-' as '__' or as it is. A port has no place there.
  const hostOf = (name: string): string => name.slice("TF_TOKEN_".length).replaceAll("__", "-").replaceAll("_", ".").toLowerCase();
  const variable = Object.keys(environment).find((name) => environment[name] && name.startsWith("TF_TOKEN_") && hostOf(name) === host);
  if (variable !== undefined)
    findings.push(
      doubtful(
        "secret-in-variable",
        `${variable} is set: Terraform takes it for ${host}, and asks no helper`,
        `unset ${variable}`,
      ),
    );
  for (const { path, text } of texts)
    if (hostsIn(text).includes(host))
      findings.push(
        doubtful(
          "file-in-the-way",
          `${path} has a token for ${host}: Terraform takes it, and asks no helper`,
          "toolkey import",
        ),
      );
  const kept = join(homeOf(environment), ".terraform.d", "credentials.tfrc.json");
  const text = await readTextFile(kept);
  if (text !== undefined && findInCredentialsFile(text).some(({ name }) => name === host))
    findings.push(doubtful("file-in-the-way", `${kept} has a token for ${host}: Terraform takes it, and asks no helper`, "toolkey import"));
  return findings;
}
