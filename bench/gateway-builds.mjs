/** Whole builds that download everything, through the gateway and with the token itself. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PASSWORD, USERNAME } from "./credential.mjs";
import { BIN, isInstalled, ROOT, run } from "./home.mjs";
import { startService } from "./service.mjs";
import { importSource } from "./source.mjs";

const PREPARE = join(ROOT, "bench", "prepare.sh");
const PACKAGES = 300;

/**
 * `npm ci` with an empty cache, as commands to time: of a registry that has all packages in memory.
 *
 * @throws if it does not work
 */
export async function npmCommands(home, tidy) {
  const packages = Array.from({ length: PACKAGES }, (_, index) => ({ name: `package-${index}`, version: "1.0.0", files: { "index.js": `module.exports = ${index};\n`, "README.md": "readme\n".repeat(500) } }));
  const { origin, caFile } = await startService(join(ROOT, "tests", "fixtures", "registries", "npm", "npm-registry.mjs"), { token: PASSWORD, packages }, tidy);
  const environment = home.environment;
  const project = join(home.directory, "npm-project");
  const cache = join(home.directory, "npm-cache");
  await mkdir(project);
  await writeFile(join(home.directory, ".npmrc"), `registry=${origin}/\ncafile=${caFile}\naudit=false\nfund=false\nupdate-notifier=false\n`);
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "project", version: "1.0.0", dependencies: Object.fromEntries(packages.map(({ name, version }) => [name, version])) }));
  await run("toolkey", ["config", "accept", "--yes", "--cacert", caFile], { environment });
  await run("toolkey", ["add", origin, "--tool", "npm"], { environment, input: PASSWORD });
  await run("toolkey", ["run", "-q", "--", "npm", "install", "--package-lock-only", "--cache", cache], { environment, cwd: project });
  const command = (name, options) => ({
    name,
    argv: ["sh", "-c", `cd '${project}' && exec '${join(BIN, "toolkey")}' run -q ${options} npm ci --cache '${cache}'`],
    environment,
    prepare: [PREPARE, "without", cache, join(project, "node_modules")],
  });
  return checked([command("npm ci", "--"), command("npm ci, direct", "--direct --")], home, `${PACKAGES} packages`);
}

/** What Maven builds lack; undefined if nothing. */
export function mavenBuildLacks() {
  return ["mvn", "javac"].find((program) => !isInstalled(program));
}

/** `mvn package` with an empty local repository: plugins, JUnit and all they need. @throws as `npmCommands` */
export async function mavenBuilds(home, tidy) {
  const { origin, caFile } = await startService(join(ROOT, "bench", "maven-repository.mjs"), { username: USERNAME, password: PASSWORD }, tidy);
  const url = `${origin}/libs`;
  const { maven, trusting, writeBuildProject, writeSettings } = await importSource("tests/fixtures/tools/jvm", "tests/fixtures/tools/maven", "tests/fixtures/tools/maven-project");
  const [{ argv: [mvn], environment: around }, project] = [maven("3.8"), join(home.directory, "maven-project")];
  const repository = { id: "bench", url };
  await writeBuildProject(project, { version: "1.0", releases: repository });
  await writeSettings(home.directory, { mirrors: [{ ...repository, mirrorOf: "*" }] });
  const environment = { ...home.environment, ...around(home.directory, await trusting({ caFile })), NODE_EXTRA_CA_CERTS: caFile };
  await run("toolkey", ["config", "accept", "--yes", "--cacert", caFile], { environment });
  await run("toolkey", ["add", url, "--tool", "maven", "--username", USERNAME], { environment, input: PASSWORD });
  const command = (name, options) => ({
    name,
    argv: ["sh", "-c", `cd '${project}' && exec '${join(BIN, "toolkey")}' run -q ${options} '${mvn}' -B -ntp -q package`],
    environment,
    prepare: [PREPARE, "without", join(home.directory, ".m2", "repository"), join(project, "target")],
  });
  return checked([command("mvn package", "--"), command("mvn package, direct", "--direct --")], home, "");
}

/** Each runs once before it is timed, and has to say this. */
async function checked(commands, { environment }, said) {
  for (const { name, argv: [program, ...rest], prepare: [prepare, ...directories], environment: own } of commands) {
    await run(prepare, directories, { environment });
    const output = await run(program, rest, { environment: own });
    if (!output.includes(said)) throw new Error(`${name} does not say '${said}': ${output}`);
  }
  return commands;
}
