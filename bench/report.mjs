/** From times to ratios, from ratios to verdicts, and all of it to text. */
import { cpus, release, totalmem } from "node:os";
import { run } from "./home.mjs";
import { summary } from "./hyperfine.mjs";
import { STARTS } from "./sessions.mjs";

/**
 * What is compared: the time of `of` by the time of `by`. With `limit` the ratio of the medians must not
 * be above it, with `faster` it must be below 1; with neither it is only shown. With `minus` it is the time
 * that `of` takes longer than that; with `times`, for each of so many.
 */
const COMPARISONS = [
  { what: "git credential fill, as setup git makes it", of: "toolkey, set up", by: "git credential-cache", limit: 1.25 },
  { what: "the same, with a daemon that looks at nothing", of: "toolkey, set up, bare daemon", by: "git credential-cache" },
  { what: "git credential fill, helper by its path", of: "toolkey, by its path", by: "git credential-cache", limit: 1.5 },
  { what: "git credential fill, helper by PATH", of: "toolkey, by PATH", by: "git credential-cache" },
  { what: "git credential fill, as setup git makes it", of: "toolkey, set up", by: "git-credential-libsecret", faster: true },
  { what: "git credential fill, as setup git makes it", of: "toolkey, set up", by: "gh auth git-credential", faster: true },
  { what: "git credential fill, as setup git makes it", of: "toolkey, set up", by: "pass-git-helper", faster: true },
  { what: "git credential fill, 10,000 tokens", of: "toolkey, 10,000 tokens", by: "toolkey, set up", limit: 1.2, as: "10 tokens" },
  { what: "git credential approve of a known secret", of: "toolkey, approve", by: "git credential-cache, approve", limit: 1.8 },
  { what: "first request, no daemon", of: "first request", by: "node -e 0", limit: 10 },
  // 0.3 s where `node -e 0` takes 45 ms.
  { what: "store of a new token, 10,000 tokens", of: "store", by: "node -e 0", limit: 6.67 },
  { what: "mvn -v, longer with ~/.mavenrc", of: "mvn -v, hook", minus: "mvn -v", by: "node -e 0" },
  // 20 ms where `node -e 0` takes 45 ms.
  { what: "the script of mvn -v alone, longer with it", of: "script of mvn -v, hook", minus: "script of mvn -v", by: "node -e 0", limit: 0.45 },
  { what: "the script of mvn validate, longer with a token", of: "script of mvn validate, hook", minus: "script of mvn validate", by: "node -e 0" },
  { what: "pnpm's tokenHelper", of: "pnpm's tokenHelper", by: "node -e 0", limit: 0.3 },
  { what: "docker-credential-toolkey get", of: "docker-credential-toolkey", by: "node -e 0", limit: 0.35 },
  { what: "docker-credential-toolkey get", of: "docker-credential-toolkey", by: "docker-credential-secretservice", faster: true },
  { what: "docker-credential-toolkey get", of: "docker-credential-toolkey", by: "docker-credential-pass", faster: true },
  { what: "keyring get, as pip asks it", of: "keyring get", by: "node -e 0", limit: 0.35 },
  { what: "cargo's credential provider", of: "cargo's provider", by: "node -e 0", limit: 1.3 },
  { what: "toolkey run -- sh -c :, a session", of: "session", by: "node -e 0", limit: 2.2 },
  { what: "what Node alone takes for such a session", of: "session, bare", by: "node -e 0" },
  { what: "a tool that starts in it, longer", of: "session, tools in it", minus: "session, tools past it", by: "node -e 0", times: STARTS, limit: 1.5 },
  { what: "50 git status in it, longer than the session", of: "session, git status", minus: "session", by: "git status", limit: 1.1, as: "outside" },
  { what: "a session, longer with --sandbox", of: "session, --sandbox", minus: "session", by: "node -e 0", limit: 0.5 },
  { what: "bwrap alone, with as many mounts, longer", of: "bwrap", minus: "sh -c :", by: "node -e 0" },
  { what: "node -e 0, with NODE_EXTRA_CA_CERTS", of: "node -e 0, NODE_EXTRA_CA_CERTS", by: "node -e 0", as: "without" },
  { what: "first request, with NODE_EXTRA_CA_CERTS", of: "first request, NODE_EXTRA_CA_CERTS", by: "first request", limit: 1.2, as: "without" },
  { what: "toolkey status, with NODE_EXTRA_CA_CERTS", of: "toolkey status, NODE_EXTRA_CA_CERTS", by: "toolkey status", limit: 1.2, as: "without" },
  { what: "npm ci, 300 packages, no cache, by the gateway", of: "npm ci", by: "npm ci, direct", limit: 1.1, as: "--direct" },
  { what: "skopeo copy of 1 GB, by the gateway", of: "skopeo copy", by: "skopeo copy, direct", limit: 1.67, as: "--direct" },
  { what: "pip install, 50 packages, no cache, by the gateway", of: "pip install", by: "pip install, direct", limit: 1.1, as: "--direct" },
  { what: "cargo fetch, 50 crates, by the gateway", of: "cargo fetch", by: "cargo fetch, direct", limit: 1.1, as: "--direct" },
  { what: "git clone of 100 MB, by the gateway", of: "git clone, 100 MB", by: "git clone, 100 MB, direct", limit: 1.1, as: "--direct" },
  { what: "git clone of 1 MB, by the gateway", of: "git clone, 1 MB", by: "git clone, 1 MB, direct", limit: 1.25, as: "--direct" },
  { what: "mvn package, no local repository, by the gateway", of: "mvn package", by: "mvn package, direct", limit: 1.05, as: "--direct" },
];

const NOTHING = { median: 0, min: 0 };

const MEMORY_LIMIT_MB = 90;

/** With what passes through, in megabytes. */
const GATEWAY_MEMORY_LIMIT_MB = 100;
const REQUESTS_A_SECOND = 3000;

/**
 * @param times by command, in seconds
 * @param missing reasons, by the command that couldn't be measured
 * @param memory of the daemon with 10,000 tokens, in megabytes
 * @param figures of the gateway
 */
export function judge(times, missing, memory, figures) {
  const rows = COMPARISONS.map(({ what, of, minus, by, times: often = 1, limit, faster, as }) => {
    const row = { what, against: as ?? by, limit: faster ? "< 1" : limit === undefined ? undefined : `≤ ${limit}` };
    const absent = missing.get(of) ?? missing.get(by);
    if (absent !== undefined) return { ...row, verdict: "not measured", why: absent };
    const [a, less, b] = [summary(times.get(of)), minus === undefined ? NOTHING : summary(times.get(minus)), summary(times.get(by))];
    const ratio = (a.median - less.median) / often / b.median;
    const holds = faster ? ratio < 1 : limit === undefined || ratio <= limit;
    return { ...row, median: round(ratio), min: round((a.min - less.min) / often / b.min), verdict: row.limit === undefined ? "" : holds ? "holds" : "broken" };
  });
  rows.push({
    what: "memory of the daemon, 10,000 tokens, after the stores",
    against: "VmRSS, in MB",
    median: memory.resident,
    limit: `≤ ${MEMORY_LIMIT_MB}`,
    verdict: memory.resident <= MEMORY_LIMIT_MB ? "holds" : "broken",
  });
  rows.push({ what: "its highest at any time", against: "VmHWM, in MB", median: memory.peak, verdict: "" });
  rows.push(...gatewayRows(figures, missing));
  return { rows, runs: Object.fromEntries([...times].map(([name, all]) => [name, all.length])) };
}

/** More is better here: the fastest by the fastest is `min/min`, too. */
function gatewayRows({ download, perCpu, perSecond, memory }, missing) {
  const rate = (what, of, by, limit, against) => {
    const row = { what, against, limit: limit === undefined ? undefined : `≥ ${limit}` };
    if (of.length === 0) return { ...row, verdict: "not measured", why: missing.get("download") };
    const ratio = summary(of).median / summary(by).median;
    return { ...row, median: round(ratio), min: round(Math.max(...of) / Math.max(...by)), verdict: limit === undefined ? "" : ratio >= limit ? "holds" : "broken" };
  };
  const requests = Math.round(summary(perCpu.gateway).median);
  return [
    rate("1 GB by the gateway, bytes a second", download.gateway, download.direct, 0.6, "curl itself"),
    rate("the same by a bare proxy", download.bare, download.direct, undefined, "curl itself"),
    download.gateway.length === 0
      ? { what: "memory of the daemon meanwhile", against: "VmHWM, in MB", limit: `≤ ${GATEWAY_MEMORY_LIMIT_MB}`, verdict: "not measured", why: missing.get("download") }
      : { what: "memory of the daemon meanwhile", against: "VmHWM, in MB", median: memory.downloaded, limit: `≤ ${GATEWAY_MEMORY_LIMIT_MB}`, verdict: memory.downloaded <= GATEWAY_MEMORY_LIMIT_MB ? "holds" : "broken" },
    { what: "small requests by the gateway", against: "a second on one core", median: requests, limit: `≥ ${REQUESTS_A_SECOND}`, verdict: requests >= REQUESTS_A_SECOND ? "holds" : "broken" },
    rate("the same", perCpu.gateway, perCpu.bare, 0.75, "a bare proxy"),
    rate("the same, by the clock", perSecond.gateway, perSecond.bare, undefined, "a bare proxy"),
    { what: "memory of the daemon after all of these", against: "VmHWM, in MB", median: memory.loaded, verdict: "" },
  ];
}

function round(ratio) {
  return Number(ratio.toPrecision(3));
}

/** The rows as a Markdown table. */
export function table({ rows }) {
  const cells = [
    ["measured", "against", "ratio", "min/min", "limit", "verdict"],
    ...rows.map(({ what, against, median, min, limit, verdict, why }) => [
      what,
      against,
      median === undefined ? "" : String(median),
      min === undefined ? "" : String(min),
      limit ?? "",
      why === undefined ? verdict : `${verdict}: ${why}`,
    ]),
  ];
  const widths = cells[0].map((_cell, column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`);
  lines.splice(1, 0, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  return `${lines.join("\n")}\n`;
}

/** What it was measured on: ratios depend on it, too. */
export async function machine() {
  const environment = process.env;
  const version = async (program) => (await run(program, ["--version"], { environment })).split("\n")[0];
  return {
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    git: await version("git"),
    hyperfine: await version("hyperfine"),
  };
}
