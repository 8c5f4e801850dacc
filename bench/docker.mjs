/** docker's credential helper, those that come with docker, and an image that is fetched. */
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { PASSWORD, USERNAME } from "./credential.mjs";
import { BIN, isInstalled, ROOT, run } from "./home.mjs";
import { startService } from "./service.mjs";

const PREPARE = join(ROOT, "bench", "prepare.sh");
const SERVER = "registry.example.com";
const LAYER_BYTES = 1024 * 1024 * 1024;
/** By the contender of git's whose key store it has. */
const OTHERS = { "git-credential-libsecret": "docker-credential-secretservice", "pass-git-helper": "docker-credential-pass" };

/** `docker-credential-… get` as docker starts it: toolkey's, and others that are installed. @throws if an answer is not the right one */
export async function dockerHelpers({ directory, environment }, contenders) {
  const input = join(directory, "server");
  await writeFile(input, SERVER);
  await run("toolkey", ["add", SERVER, "--tool", "docker", "--username", USERNAME], { environment, input: PASSWORD });
  const commands = [await helper("docker-credential-toolkey", join(BIN, "docker-credential-toolkey"), environment, input)];
  for (const contender of contenders) {
    const program = OTHERS[contender.name];
    if (program === undefined || !isInstalled(program)) continue;
    const login = JSON.stringify({ ServerURL: SERVER, Username: USERNAME, Secret: PASSWORD });
    await run(program, ["store"], { environment: contender.environment, input: login });
    commands.push(await helper(program, program, contender.environment, input));
  }
  return commands;
}

async function helper(name, program, environment, input) {
  const answer = await run(program, ["get"], { environment, input: SERVER });
  if (JSON.parse(answer).Secret !== PASSWORD) throw new Error(`${name} does not answer with the token`);
  return { name, argv: [program, "get"], environment, input };
}

/** `skopeo copy` of an image with a layer of 1 GB into a directory in memory, as commands to time. @throws if it does not work */
export async function imageCommands({ directory, environment: own }, tidy) {
  const { origin, caFile } = await startService(join(ROOT, "bench", "image-registry.mjs"), { username: USERNAME, password: PASSWORD, bytes: LAYER_BYTES }, tidy);
  const host = origin.replace("https://", "");
  const environment = { ...own, NODE_EXTRA_CA_CERTS: caFile, SSL_CERT_FILE: caFile };
  await run("toolkey", ["config", "accept", "--yes", "--cacert", caFile], { environment });
  await run("toolkey", ["add", origin, "--tool", "docker", "--username", USERNAME], { environment, input: PASSWORD });
  const target = `/dev/shm/toolbench-${process.pid}`;
  tidy.push(() => run(PREPARE, ["without", target], { environment }));
  const command = (name, options) => ({
    name,
    argv: ["sh", "-c", `cd '${directory}' && exec '${join(BIN, "toolkey")}' run -q ${options} skopeo copy -q docker://${host}/team/app:1 dir:${target}`],
    environment,
    prepare: [PREPARE, "without", target],
  });
  const commands = [command("skopeo copy", "--"), command("skopeo copy, direct", "--direct --")];
  for (const { argv: [program, ...rest] } of commands) await run(program, rest, { environment });
  return commands;
}
