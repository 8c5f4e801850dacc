/** Cargo: its credential provider, and what it fetches through the gateway. */
import { realpathSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import { PASSWORD } from "./credential.mjs";
import { BIN, ROOT, run } from "./home.mjs";
import { startService } from "./service.mjs";

const PREPARE = join(ROOT, "bench", "prepare.sh");
const CRATES = 50;

/** What it lacks; undefined if nothing. */
export function cargoLacks() {
  return ["cargo", "rustc"].find((name) => programOf(name) === undefined);
}

/** By its path: a shim of rustup's would look for the toolchains of its user. */
function programOf(name) {
  return (process.env.PATH ?? "").split(delimiter).map((directory) => join(directory, name)).find((path) => {
    try {
      return basename(realpathSync(path)) !== "rustup";
    } catch {
      return false;
    }
  });
}

/** One question of Cargo's, as Cargo asks it. @throws if the answer is not the right one */
export async function cargoProvider(environment, scratch) {
  const url = "https://crates.example.com";
  await run("toolkey", ["add", url, "--tool", "cargo"], { environment, input: PASSWORD });
  const input = join(scratch, "cargo-question");
  const question = `{"v":1,"registry":{"index-url":"sparse+${url}/index/","name":"acme"},"kind":"get","operation":"read"}\n`;
  await writeFile(input, question);
  const argv = [join(BIN, "cargo-credential-toolkey"), "--cargo-plugin"];
  const said = await run(argv[0], argv.slice(1), { environment, input: question });
  if (!said.includes(`"token":"${PASSWORD}"`)) throw new Error("cargo's provider does not answer with the token");
  return { name: "cargo's provider", argv, environment, input };
}

/** `cargo fetch` with nothing fetched before, as commands to time. @throws if it does not work */
export async function cargoCommands(home, tidy) {
  const crates = Array.from({ length: CRATES }, (_, index) => `crate-${index}`);
  const { origin, caFile } = await startService(join(ROOT, "bench", "cargo-registry.mjs"), { token: PASSWORD, crates }, tidy);
  const own = join(home.directory, "cargo-home");
  const project = join(home.directory, "cargo-project");
  const environment = { ...home.environment, CARGO_HOME: own, CARGO_HTTP_CAINFO: caFile, RUSTC: programOf("rustc") };
  await mkdir(join(project, "src"), { recursive: true });
  await mkdir(own);
  await writeFile(join(own, "config.toml"), `[registries.bench]\nindex = "sparse+${origin}/index/"\n`);
  await writeFile(join(project, "src", "lib.rs"), "");
  const lines = crates.map((name) => `${name} = { version = "1", registry = "bench" }\n`);
  await writeFile(join(project, "Cargo.toml"), `[package]\nname = "project"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n${lines.join("")}`);
  await run("toolkey", ["config", "accept", "--yes", "--cacert", caFile], { environment });
  await run("toolkey", ["add", origin, "--tool", "cargo"], { environment, input: PASSWORD });
  const commands = [["cargo fetch", "--"], ["cargo fetch, direct", "--direct --"]].map(([name, options]) => ({
    name,
    argv: ["sh", "-c", `cd '${project}' && exec '${join(BIN, "toolkey")}' run -q ${options} '${programOf("cargo")}' fetch --quiet`],
    environment,
    prepare: [PREPARE, "without", join(own, "registry")],
  }));
  for (const { argv: [program, ...rest] } of commands) {
    await run(PREPARE, ["without", join(own, "registry")], { environment });
    await run(program, rest, { environment });
  }
  return commands;
}
