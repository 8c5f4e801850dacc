/** What the gateway passes on: a large file, and many small ones, against what else could be in its place. */
import { join } from "node:path";
import { PASSWORD } from "./credential.mjs";
import { isInstalled, ROOT, run } from "./home.mjs";
import { memoryOf } from "./memory.mjs";
import { startService } from "./service.mjs";

const file = (name) => join(ROOT, "bench", name);

/** What the downloads lack; undefined if nothing. */
export function downloadLacks() {
  return isInstalled("curl") ? undefined : "curl";
}

/**
 * Rounds of downloads and of small requests, by what passed them on: bytes per second of `gateway`, `direct` and `bare`;
 * requests per second of processor time, and of time, of `gateway` and `bare`. And the most memory that the daemon
 * had, in megabytes: until the downloads were over, and at the end.
 */
export async function gatewayFigures(home, { rounds }, tidy, say) {
  const upstream = await startService(file("upstream.mjs"), { token: PASSWORD }, tidy);
  const bare = await startService(file("bare-proxy.mjs"), { token: PASSWORD, ...upstream }, tidy);
  const { origin, caFile } = upstream;
  const environment = { ...home.environment, NODE_EXTRA_CA_CERTS: caFile };
  await run("toolkey", ["config", "accept", "--yes", "--cacert", caFile], { environment });
  await run("toolkey", ["add", origin, "--tool", "http"], { environment, input: PASSWORD });
  const { pid } = JSON.parse(await run("toolkey", ["status", "--json"], { environment }));
  const through = (script) => run("toolkey", ["run", "-q", "--tool", "http", "--", "sh", "-c", script], { environment });
  const path = `$TOOLKEY_HTTP/${origin.replace("://", "/")}`;
  const speed = async (output) => Number(await output);
  const curl = (rest) => `exec curl -sSf -o /dev/null -w '%{speed_download}' ${rest}`;
  const download = {
    gateway: () => through(curl(`--netrc-file "$TOOLKEY_NETRC" "${path}/large"`)),
    direct: () => run("toolkey", ["run", "-q", "--direct", "--tool", "http", "--env", `TOKEN=${origin}`, "--", "sh", "-c", curl(`--cacert '${caFile}' -H "Authorization: Bearer $TOKEN" ${origin}/large`)], { environment }),
    bare: () => run("sh", ["-c", curl(`${bare.url}/large`)], { environment }),
  };
  const load = {
    // The login is the fourth and the sixth word of that line.
    gateway: () => through(`read -r _ _ _ user _ phantom < "$TOOLKEY_NETRC"; exec node '${file("load.mjs")}' "http://$user:$phantom@\${TOOLKEY_HTTP#http://}/${origin.replace("://", "/")}/small" ${pid}`),
    bare: () => run("node", [file("load.mjs"), `${bare.url}/small`, String(bare.pid)], { environment }),
  };
  const figures = { download: { gateway: [], direct: [], bare: [] }, perCpu: { gateway: [], bare: [] }, perSecond: { gateway: [], bare: [] } };
  if (downloadLacks() === undefined) {
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, start] of Object.entries(download)) {
        say(`1 GB, ${name}`);
        figures.download[name].push(await speed(start()));
      }
    }
  }
  const { peak: downloaded } = await memoryOf(pid);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, start] of Object.entries(load)) {
      say(`small requests, ${name}`);
      const { requests, cpu, wall } = JSON.parse(await start());
      figures.perCpu[name].push(requests / cpu);
      figures.perSecond[name].push(requests / wall);
    }
  }
  const { peak: loaded } = await memoryOf(pid);
  return { ...figures, memory: { downloaded, loaded } };
}
