/** pip: its keyring, and an install that downloads everything. */
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { PASSWORD, USERNAME } from "./credential.mjs";
import { BIN, isInstalled, ROOT, run } from "./home.mjs";
import { startService } from "./service.mjs";

const PREPARE = join(ROOT, "bench", "prepare.sh");
const PACKAGES = Array.from({ length: 50 }, (_, index) => `bench-package-${index}`);

/** What these lack; undefined if nothing. */
export function pipLacks() {
  return ["pip", "python3"].find((program) => !isInstalled(program));
}

/** The program keyring of `toolkey setup pip`, as pip starts it. @throws if the answer is not the right one */
export async function keyringCommand({ directory, environment }) {
  const url = "https://pypi.example.com/simple/";
  await run("toolkey", ["add", url, "--tool", "pip", "--username", USERNAME], { environment, input: PASSWORD });
  await run("toolkey", ["setup", "pip"], { environment });
  const argv = [join(directory, ".local", "bin", "keyring"), "get", url, USERNAME];
  if ((await run(argv[0], argv.slice(1), { environment })) !== `${PASSWORD}\n`) throw new Error("keyring does not answer with the token");
  return { name: "keyring get", argv, environment };
}

/** `pip install` into an empty directory, without a cache, as commands to time. @throws if it does not work */
export async function pipCommands(home, tidy) {
  const { origin, caFile } = await startService(join(ROOT, "bench", "package-index.mjs"), { username: USERNAME, password: PASSWORD, packages: PACKAGES }, tidy);
  const target = join(home.directory, "pip-target");
  const environment = {
    ...home.environment,
    PATH: [join(home.directory, ".local", "bin"), home.environment.PATH].join(delimiter),
    // None of the machine's own settings.
    PIP_CONFIG_FILE: join(home.directory, "pip.conf"),
    REQUESTS_CA_BUNDLE: caFile,
    NODE_EXTRA_CA_CERTS: caFile,
  };
  await mkdir(join(home.directory, "work"));
  await writeFile(environment.PIP_CONFIG_FILE, `[global]\nindex-url = ${origin.replace("://", `://${USERNAME}@`)}/team/simple/\ncert = ${caFile}\n`);
  await run("toolkey", ["config", "accept", "--yes", "--cacert", caFile], { environment });
  await run("toolkey", ["add", `${origin}/team`, "--tool", "pip", "--username", USERNAME], { environment, input: PASSWORD });
  await run("toolkey", ["setup", "pip"], { environment });
  const words = `pip install -q --no-cache-dir --disable-pip-version-check --no-deps --target '${target}' ${PACKAGES.join(" ")}`;
  const command = (name, options) => ({
    name,
    argv: ["sh", "-c", `cd '${join(home.directory, "work")}' && exec '${join(BIN, "toolkey")}' run -q ${options} ${words}`],
    environment,
    prepare: [PREPARE, "without", target],
  });
  const commands = [command("pip install", "--"), command("pip install, direct", "--direct --")];
  for (const { argv: [program, ...rest] } of commands) {
    await run(PREPARE, ["without", target], { environment });
    await run(program, rest, { environment });
    await run("ls", [join(target, "bench_package_49", "__init__.py")], { environment });
  }
  return commands;
}
