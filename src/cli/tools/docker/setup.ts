import { Failure } from "../../../core/failure.ts";
import type { Told } from "../../../core/plan.ts";
import { parseTarget } from "../../../core/target.ts";
import type { FileEdit } from "../../../platform/files/file-edit.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import type { Environment } from "../../../platform/paths.ts";
import { findProgram } from "../../../platform/processes/programs.ts";
import { addHelpers, helpersIn, ownServers, removeHelpers } from "../../../protocols/docker/helper-entries.ts";
import { serverOf } from "../../../protocols/docker/server-url.ts";
import { MarkedBlock } from "../../../protocols/text/marked-block.ts";
import { ask, type Context } from "../../context.ts";
import { homeFiles } from "../../plaintext/secret-files.ts";
import { asItWas } from "../../setup/as-it-was.ts";
import { ownProgram } from "../../setup/own-program.ts";
import { LeftAlone, type ToolSetup } from "../../setup/tool-setup.ts";
import { containersDropIn, dockerConfig } from "./files.ts";

/** The programs that have podman's way of logging in. */
export const PODMANS = ["podman", "buildah", "skopeo"];
export const HELPER_PROGRAM = "docker-credential-toolkey";
const BLOCK = new MarkedBlock("docker");
/** Asked in this order: what was logged in to before is found in the files still. */
const DROP_IN = ['credential-helpers = ["toolkey", "containers-auth.json"]'];

/** `credHelpers` for each registry, which docker and podman's family read; and for the logins of the latter a file of its own. */
export const docker: ToolSetup = {
  effect: "docker asks toolkey",

  async setUp(context) {
    const { environment, output } = context;
    const servers = await neededServers(context);
    const path = dockerConfig(homeFiles(environment));
    const before = await readTextFile(path);
    const others = servers.flatMap((server) => otherHelper(server, path, before));
    const edits: FileEdit[] = [{ path, before, after: reading(path, () => addHelpers(before, servers)), isRenewal: hasOurs(before) }];
    const program = await ownProgram(HELPER_PROGRAM, environment);
    const hasPodman = PODMANS.some((name) => findProgram(name, environment) !== undefined);
    if (hasPodman) edits.push(await dropIn(environment, (text) => BLOCK.ensure(text, DROP_IN)));
    return {
      edits,
      afterwards() {
        for (const server of servers) {
          if (others.every((other) => other.server !== server)) output.note(`docker gets its token for ${server}`);
        }
        for (const { server, helper } of others) output.note(`for ${server} docker still asks its helper '${helper}', which ${path} names`);
        if (hasPodman) output.note("podman, buildah and skopeo ask toolkey for every registry, and keep their logins there");
        if (findProgram(HELPER_PROGRAM, environment) === undefined) {
          output.note(`${HELPER_PROGRAM} is not on PATH, where docker and podman look for it`);
          output.hint(`put a link to it there, as in: ln -s ${program} ~/.local/bin/`);
        }
        output.hint("when docker has a token for another registry, run this again");
      },
    };
  },

  async undo({ environment }) {
    const path = dockerConfig(homeFiles(environment));
    const before = await readTextFile(path);
    const edits: FileEdit[] = [];
    if (before !== undefined) {
      const [without, servers] = reading(path, () => [removeHelpers(before), ownServers(before)] as const);
      edits.push({ path, before, after: await asItWas(path, before, without, (text) => addHelpers(text, servers)) });
    }
    edits.push(await dropIn(environment, (text) => (text === undefined ? undefined : BLOCK.remove(text))));
    return { edits: edits.filter((edit) => edit.before !== undefined) };
  },
};

/** What to do if docker was set up before there was a token for this place. */
export async function sayWhatLacks({ environment }: Context, target: string): Promise<Told> {
  const server = serverOf(parseTarget(target));
  const path = dockerConfig(homeFiles(environment));
  const text = await readTextFile(path);
  const helper = text === undefined ? undefined : reading(path, () => helpersIn(text)).get(server);
  if (helper === "toolkey") return { notes: [], hints: [] };
  return { notes: [], hints: ["so that docker and podman ask for it: toolkey setup docker"] };
}

/** Of the places for which docker has a token, or gets one when it first asks. */
async function neededServers(context: Context): Promise<string[]> {
  const { tokens } = await ask(context, "list", { tool: "docker" });
  const { services } = await ask(context, "services", {});
  const automatic = services.filter(({ auto }) => auto).flatMap(({ tools }) => tools.filter(({ tool }) => tool === "docker"));
  const targets = [
    ...tokens.filter(({ state }) => state === "active" || state === "suspended").map(({ target }) => target),
    ...automatic.flatMap((use) => use.targets),
  ];
  if (targets.length === 0) {
    throw new LeftAlone("not-found", "docker has no token for any registry", {
      hint: [
        "toolkey add registry.example.com --tool docker --username NAME, then toolkey setup docker",
        "to take an earlier setup back: toolkey setup docker --undo",
      ],
    });
  }
  return [...new Set(targets.map((target) => serverOf(parseTarget(target))))].toSorted();
}

function otherHelper(server: string, path: string, text: string | undefined): { server: string; helper: string }[] {
  const helper = text === undefined ? undefined : reading(path, () => helpersIn(text)).get(server);
  return helper === undefined || helper === "toolkey" ? [] : [{ server, helper }];
}

function hasOurs(text: string | undefined): boolean {
  return text !== undefined && ownServers(text).length > 0;
}

async function dropIn(
  environment: Environment,
  change: (text: string | undefined) => string | undefined,
): Promise<FileEdit> {
  const path = containersDropIn(homeFiles(environment));
  const before = await readTextFile(path);
  return { path, before, after: change(before) };
}

/** @throws Failure that names the file */
function reading<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `${path}, ${error.message}`, { hint: "it was left as it is; docker can't read it either", cause: error });
  }
}
