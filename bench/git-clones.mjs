/** Clones through the gateway and with the token itself: of a small repository, and of a large one. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PASSWORD, USERNAME } from "./credential.mjs";
import { BIN, LANE, ROOT, run } from "./home.mjs";
import { startService } from "./service.mjs";

const PREPARE = join(ROOT, "bench", "prepare.sh");
const BASE = "/nuxeo/git/";
/** In megabytes, of what can't be compressed. */
const SIZES = [1, 100];

/**
 * `git clone`, as commands to time. Both times git is started by toolkey, so that nothing but the way of the bytes differs.
 *
 * @throws if it does not work
 */
export async function cloneCommands({ directory, environment: own }, tidy) {
  const { origin, caFile } = await startService(join(ROOT, "tests", "fixtures", "registries", "git", "git-server.mjs"), { projects: SIZES.map((size) => `size-${size}`), accounts: [{ username: USERNAME, token: PASSWORD }] }, tidy);
  const environment = { ...own, NODE_EXTRA_CA_CERTS: caFile, GIT_SSL_CAINFO: caFile, GIT_AUTHOR_NAME: "B", GIT_AUTHOR_EMAIL: "b@example.com", GIT_COMMITTER_NAME: "B", GIT_COMMITTER_EMAIL: "b@example.com" };
  await writeFile(join(directory, ".gitconfig"), `[credential]\n\thelper =\n\thelper = ${LANE}\n`);
  await run("toolkey", ["config", "accept", "--yes", "--cacert", caFile], { environment });
  await run("toolkey", ["add", origin, "--tool", "git", "--username", USERNAME], { environment, input: PASSWORD });
  const commands = [];
  for (const size of SIZES) {
    const url = `${origin}${BASE}size-${size}.git`;
    const made = join(directory, `made-${size}`);
    const cloned = join(directory, `cloned-${size}`);
    await run("sh", ["-euc", `git clone -q ${url} '${made}'; cd '${made}'; head -c ${size}000000 /dev/urandom > blob; git add blob; git commit -q -m blob; git push -q`], { environment });
    for (const [name, options] of [["", "--"], [", direct", "--direct --"]]) {
      const argv = ["sh", "-c", `exec '${join(BIN, "toolkey")}' run -q ${options} git clone -q ${url} '${cloned}'`];
      const prepare = [PREPARE, "without", cloned];
      await run(prepare[0], prepare.slice(1), { environment });
      await run(argv[0], argv.slice(1), { environment });
      commands.push({ name: `git clone, ${size} MB${name}`, argv, environment, prepare });
    }
  }
  return commands;
}
