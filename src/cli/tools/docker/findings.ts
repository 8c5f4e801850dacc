/** What `toolkey doctor` says of docker and podman's family. */
import { Failure } from "../../../core/failure.ts";
import { parseTarget } from "../../../core/target.ts";
import type { TokenView } from "../../../core/tokens/token.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { findProgram, runProgram } from "../../../platform/processes/programs.ts";
import { helpersIn } from "../../../protocols/docker/helper-entries.ts";
import { findInDockerConfig } from "../../../protocols/docker/login-secrets.ts";
import { serverOf } from "../../../protocols/docker/server-url.ts";
import type { Context } from "../../context.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import { homeFiles } from "../../plaintext/secret-files.ts";
import { ownProgram } from "../../setup/own-program.ts";
import type { Doctor } from "../cli-tool.ts";
import { containersDropIn, containersLoginFiles, dockerConfig } from "./files.ts";
import { HELPER_PROGRAM, PODMANS } from "./setup.ts";

const SETUP = "toolkey setup docker";
/** From 28 on docker takes its logins from there before it asks anybody. */
const LOGINS = "DOCKER_AUTH_CONFIG";

/** Nothing where docker has no token and was not set up. */
export const dockerDoctor: Doctor = {
  async ofTokens(context, tokens) {
    const servers = [...new Set(tokens.filter(isUsed).map(({ target }) => serverOf(parseTarget(target))))];
    const path = dockerConfig(homeFiles(context.environment));
    try {
      const text = await readTextFile(path);
      const helpers = helpersIn(text ?? "{}");
      if (servers.length === 0 && ![...helpers.values()].includes("toolkey")) return [];
      const findings = await programFindings(context);
      for (const server of servers) findings.push(...(await serverFindings(server, { helper: helpers.get(server), path, context })));
      return [...findings, ...(await podmanFindings(context, servers))];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return [bad("settings-unreadable", `docker can't read ${path}: ${error.message}`, "mend it, then toolkey setup docker")];
    }
  },
};

function isUsed({ tool, state }: TokenView): boolean {
  return tool === "docker" && state === "active";
}

async function programFindings({ environment }: Context): Promise<Finding[]> {
  const found = findProgram(HELPER_PROGRAM, environment);
  const own = await ownProgram(HELPER_PROGRAM, environment);
  const findings: Finding[] = [];
  if (found === undefined)
    findings.push(
      bad(
        "helper-not-on-path",
        `${HELPER_PROGRAM} is not on PATH, where docker looks for it`,
        `ln -s ${own} ~/.local/bin/`,
      ),
    );
  else if (found !== own)
    findings.push(
      doubtful(
        "of-another-toolkey",
        `docker asks ${found}, which is of another toolkey`,
        `put ${own} before it on PATH`,
      ),
    );
  if ((environment[LOGINS] ?? "") !== "")
    findings.push(doubtful("variable-in-the-way", `docker takes its logins from $${LOGINS} before it asks toolkey`, `unset ${LOGINS}`));
  return findings;
}

/** Whether it is asked for a registry, and answers. What it prints is not shown. */
async function serverFindings(
  server: string,
  { helper, path, context: { environment } }: { helper: string | undefined; path: string; context: Context },
): Promise<Finding[]> {
  if (helper === undefined) return [doubtful("place-not-set-up", `docker does not ask toolkey for ${server}`, SETUP)];
  if (helper !== "toolkey")
    return [
      doubtful(
        "other-helper-instead",
        `for ${server} docker asks its helper '${helper}', and not toolkey`,
        `take it out of ${path}, then ${SETUP}`,
      ),
    ];
  const ended = await runProgram(await ownProgram(HELPER_PROGRAM, environment), ["get"], environment, { input: server });
  if (ended?.exitCode === 0) return [good("gets-token", `docker gets a token for ${server}`)];
  return [doubtful("gets-nothing", `docker gets nothing for ${server}`, `to see why: echo ${server} | ${HELPER_PROGRAM} get`)];
}

/** What podman's family has that comes before toolkey. */
async function podmanFindings({ environment }: Context, servers: readonly string[]): Promise<Finding[]> {
  if (PODMANS.every((name) => findProgram(name, environment) === undefined)) return [];
  const home = homeFiles(environment);
  if ((await readTextFile(containersDropIn(home))) !== undefined)
    return [good("asks-toolkey", "podman, buildah and skopeo ask toolkey, and keep their logins there")];
  const findings = [doubtful("logins-in-plain-text", "podman, buildah and skopeo keep their logins in plain text", SETUP)];
  for (const path of containersLoginFiles(home)) {
    for (const { url } of findInDockerConfig((await readTextFile(path)) ?? "{}")) {
      const server = url === undefined ? "" : serverOf(parseTarget(url));
      if (!servers.includes(server)) continue;
      const what = `podman takes its login for ${server} from ${path}, and not from toolkey`;
      findings.push(doubtful("file-in-the-way", what, `${SETUP}, or podman logout ${server}`));
    }
  }
  return findings;
}
