// `npm run bench`: measures everything that has a limit in one run, prints ratios, and ends with exit
// code 1 if a limit is broken. README.md says how to read it.
import { mkdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cargoCommands, cargoLacks, cargoProvider } from "./cargo.mjs";
import { CONTENDERS } from "./contenders.mjs";
import { dockerHelpers, imageCommands } from "./docker.mjs";
import { CREDENTIAL, PASSWORD, QUESTION, USERNAME } from "./credential.mjs";
import { mavenBuildLacks, mavenBuilds, npmCommands } from "./gateway-builds.mjs";
import { downloadLacks, gatewayFigures } from "./gateway-figures.mjs";
import { cloneCommands } from "./git-clones.mjs";
import { BIN, isInstalled, LANE, makeHome, ROOT, run } from "./home.mjs";
import { sessionCommands } from "./sessions.mjs";
import { time } from "./hyperfine.mjs";
import { mavenCommands, mavenLacks } from "./maven.mjs";
import { memoryOf } from "./memory.mjs";
import { keyringCommand, pipCommands, pipLacks } from "./pip.mjs";
import { judge, machine, table } from "./report.mjs";
import { startService } from "./service.mjs";
import { fillVault } from "./vault.mjs";

const USAGE = `usage: npm run bench -- [--json] [--quick]

  --json    print one JSON document instead of the table
  --quick   few runs: shows that everything works, but its figures say little
`;

const PREPARE = join(ROOT, "bench", "prepare.sh");
const FEW = 10;
const MANY = 10_000;
// A bundle that every Debian has; what is in it doesn't matter, only that Node reads it.
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** `often` for what takes milliseconds, `seldom` for what starts Node, `builds` for what takes seconds. */
const EFFORT = {
  full: { often: { rounds: 10, runs: 30, warmup: 3 }, seldom: { rounds: 6, runs: 10, warmup: 1 }, builds: { rounds: 6, runs: 1, warmup: 0 }, loads: { rounds: 5 } },
  quick: { often: { rounds: 2, runs: 5, warmup: 1 }, seldom: { rounds: 1, runs: 3, warmup: 1 }, builds: { rounds: 2, runs: 1, warmup: 0 }, loads: { rounds: 1 } },
};

async function main() {
  const { json, quick, help } = parseArgs({
    options: { json: { type: "boolean" }, quick: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  }).values;
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  for (const program of ["hyperfine", "git"]) {
    if (!isInstalled(program)) throw new Error(`${program} is not installed; bench/install-programs.sh installs it`);
  }
  if (!existsSync(join(ROOT, "dist", "daemon.cjs"))) throw new Error("there is no dist/; 'npm run build' makes it");
  const results = await inThrowAwayHomes((tidy) => measure(quick ? EFFORT.quick : EFFORT.full, tidy));
  process.stdout.write(json ? `${JSON.stringify({ machine: await machine(), ...results }, undefined, 2)}\n` : table(results));
  return results.rows.some(({ verdict }) => verdict === "broken") ? 1 : 0;
}

/** Runs `action` with a list of steps that take back what it did, the last first. */
async function inThrowAwayHomes(action) {
  const tidy = [];
  const onSignal = () => void takeBack(tidy).finally(() => process.exit(130));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    return await action(tidy);
  } finally {
    say("");
    await takeBack(tidy);
  }
}

async function takeBack(tidy) {
  for (const step of tidy.splice(0).reverse()) await step().catch((error) => console.error(`bench: ${error.message}`));
}

function say(what) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${what}`);
}

async function measure(effort, tidy) {
  const home = await makeHome();
  tidy.push(home.remove);
  const scratch = home.directory;

  say("making the vaults");
  const few = await makeToolkey(FEW, tidy);
  const many = await makeToolkey(MANY, tidy);
  const cold = await makeToolkey(FEW, tidy);
  const { contenders, missing } = await startContenders(home, tidy);

  const fills = [
    await fill("toolkey, set up", few.environment, undefined, scratch),
    await fill("toolkey, by its path", few.environment, LANE, scratch),
    await fill("toolkey, by PATH", few.environment, "toolkey", scratch),
    await fill("toolkey, 10,000 tokens", many.environment, undefined, scratch),
  ];
  fills.push(await bareFill(few.environment, scratch, tidy));
  const approvals = [await approve("toolkey, approve", few.environment, undefined, scratch)];
  for (const { name, environment, helper } of contenders) {
    fills.push(await fill(name, environment, helper, scratch));
    if (helper === "cache") approvals.push(await approve(`${name}, approve`, environment, helper, scratch));
  }

  const starts = [
    { name: "node -e 0", argv: ["node", "-e", "0"], environment: home.environment },
    { ...(await fill("first request", cold.environment, undefined, scratch)), prepare: [PREPARE, "no-daemon"] },
    { name: "toolkey status", argv: [join(BIN, "toolkey"), "status"], environment: few.environment },
  ];
  if (existsSync(CERTIFICATES)) {
    starts.push(...starts.map((command) => ({
      ...command,
      name: `${command.name}, NODE_EXTRA_CA_CERTS`,
      environment: { ...command.environment, NODE_EXTRA_CA_CERTS: CERTIFICATES },
    })));
  } else {
    for (const { name } of starts) missing.set(`${name}, NODE_EXTRA_CA_CERTS`, `there is no ${CERTIFICATES}`);
  }
  starts.push(...(await sessionCommands(await makeToolkey(FEW, tidy), isInstalled("bwrap"))));
  if (!isInstalled("bwrap")) for (const name of ["session, --sandbox", "bwrap"]) missing.set(name, "no bwrap");
  const lacking = mavenLacks();
  const builds = lacking === undefined ? await mavenCommands(await makeToolkey(FEW, tidy), home) : [];
  if (lacking !== undefined) for (const name of ["mvn -v, hook", "script of mvn -v, hook", "script of mvn validate, hook"]) missing.set(name, `no ${lacking}`);
  const store = await storeOfNewToken(many.environment, scratch);

  const helpers = [await pnpmHelper(few.environment), ...(await dockerHelpers(few, contenders)), await keyringCommand(few)];
  helpers.push(await cargoProvider(few.environment, scratch));

  const times = new Map([
    ...(await time([...fills, ...approvals, ...helpers], { ...effort.often, scratch, say })),
    ...(await time([...starts, ...builds, store], { ...effort.seldom, scratch, say })),
  ]);

  say("the gateway");
  const figures = await gatewayFigures(await makeToolkey(FEW, tidy), effort.loads, tidy, say);
  const npm = await npmCommands(await makeToolkey(FEW, tidy), tidy);
  const mvn = mavenBuildLacks() === undefined ? await mavenBuilds(await makeToolkey(FEW, tidy), tidy) : [];
  const clones = await cloneCommands(await makeToolkey(FEW, tidy), tidy);
  const images = isInstalled("skopeo") ? await imageCommands(await makeToolkey(FEW, tidy), tidy) : [];
  if (images.length === 0) missing.set("skopeo copy", "no skopeo");
  const pip = pipLacks() === undefined ? await pipCommands(await makeToolkey(FEW, tidy), tidy) : [];
  if (pip.length === 0) missing.set("pip install", `no ${pipLacks()}`);
  const crates = cargoLacks() === undefined ? await cargoCommands(await makeToolkey(FEW, tidy), tidy) : [];
  if (crates.length === 0) missing.set("cargo fetch", `no ${cargoLacks()}`);
  const all = [npm, mvn, images, pip, crates, clones];
  for (const commands of all) for (const [name, taken] of await time(commands, { ...effort.builds, scratch, say })) times.set(name, taken);
  if (mvn.length === 0) missing.set("mvn package", `no ${mavenBuildLacks()}`);
  if (downloadLacks() !== undefined) missing.set("download", `no ${downloadLacks()}`);

  const { pid, vault } = JSON.parse(await run("toolkey", ["status", "--json"], many));
  const stored = effort.seldom.rounds * (effort.seldom.runs + effort.seldom.warmup);
  if (vault.tokens !== MANY + stored) throw new Error(`the vault holds ${vault.tokens} tokens instead of ${MANY + stored}`);
  return judge(times, missing, await memoryOf(pid), figures);
}

/** A home with a vault of so many tokens, opened by a key file. */
async function makeToolkey(tokens, tidy) {
  const home = await makeHome();
  const { environment } = home;
  tidy.push(home.remove);
  tidy.push(() => run(PREPARE, ["no-daemon"], { environment }));
  await run("toolkey", ["init", "--key", "file"], { environment });
  await run(PREPARE, ["no-daemon"], { environment });
  await fillVault(environment.TOOLKEY_HOME, tokens);
  return home;
}

async function startContenders(home, tidy) {
  const contenders = [];
  const missing = new Map();
  for (const contender of CONTENDERS) {
    const { name } = contender;
    const lacking = contender.lacks();
    if (lacking !== undefined) {
      missing.set(name, `no ${lacking}`);
      continue;
    }
    say(`starting ${name}`);
    const started = await contender.start(home);
    if (started.stop !== undefined) tidy.push(() => started.stop());
    contenders.push({ name, helper: started.helper, environment: { ...home.environment, ...started.environment } });
  }
  return { contenders, missing };
}

/**
 * `git credential OPERATION` with this helper alone, or as `toolkey setup git` has it, as a command to time.
 */
async function gitCredential(name, { operation, environment, helper, input }, scratch) {
  const file = join(scratch, name.replaceAll(/\W+/g, "-"));
  await writeFile(`${file}.input`, input);
  const command = {
    name,
    argv: ["git", "credential", operation],
    environment: { ...environment, GIT_CONFIG_GLOBAL: `${file}.gitconfig` },
    input: `${file}.input`,
  };
  if (helper === undefined) await run("toolkey", ["setup", "git"], { environment: command.environment });
  else await writeFile(`${file}.gitconfig`, `[credential]\n\thelper = ${helper}\n`);
  return command;
}

/** @throws if the answer is not the right one */
async function fill(name, environment, helper, scratch) {
  return checked(await gitCredential(name, { operation: "fill", environment, helper, input: QUESTION }, scratch));
}

/** @throws if the answer is not the right one */
async function checked(command) {
  const answer = await run("git", ["credential", "fill"], { environment: command.environment, input: QUESTION });
  if (!answer.includes(`username=${USERNAME}\n`) || !answer.includes(`password=${PASSWORD}\n`)) {
    throw new Error(`${command.name} does not answer with the credential`);
  }
  return command;
}

/** As toolkey sets it up, with a daemon that looks at nothing. */
async function bareFill(environment, scratch, tidy) {
  const home = join(scratch, "bare");
  const runtime = join(home, "data", "run");
  await mkdir(runtime, { recursive: true, mode: 0o700 });
  const answer = `username=${USERNAME}\npassword=${PASSWORD}\n`;
  await startService(join(ROOT, "bench", "bare-daemon.mjs"), { socket: join(runtime, "agent.sock"), answer }, tidy);
  const command = await gitCredential("toolkey, set up, bare daemon", { operation: "fill", environment, input: QUESTION }, scratch);
  return checked({ ...command, environment: { ...command.environment, TOOLKEY_HOME: home } });
}

/** Of the credential that is known already. */
function approve(name, environment, helper, scratch) {
  return gitCredential(name, { operation: "approve", environment, helper, input: CREDENTIAL }, scratch);
}

/** A token helper of `toolkey setup pnpm`, as pnpm starts it. @throws if the answer is not the right one */
async function pnpmHelper(environment) {
  const url = "https://registry.example.com";
  await run("toolkey", ["add", url, "--tool", "pnpm"], { environment, input: PASSWORD });
  await run("toolkey", ["setup", "pnpm"], { environment });
  const argv = [join(environment.TOOLKEY_HOME, "data", "pnpm", "registry.example.com")];
  if ((await run(argv[0], [], { environment })) !== `Bearer ${PASSWORD}\n`) throw new Error("pnpm's helper does not answer with the token");
  return { name: "pnpm's tokenHelper", argv, environment };
}

/** `git-credential-toolkey store` of a credential that is another one in each run. */
async function storeOfNewToken(environment, scratch) {
  const input = join(scratch, "credential");
  await writeFile(`${input}.number`, "0\n");
  return { name: "store", argv: [LANE, "store"], environment, input, prepare: [PREPARE, "new-credential", input] };
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(`bench: ${error.message}`);
    process.exitCode = 2;
  },
);
