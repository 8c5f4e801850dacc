import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { client, clientsMissing } from "../../../fixtures/tools/clients.ts";
import { longDescribe } from "../../../fixtures/form.ts";
import { expectDone } from "../../../fixtures/homes/home.ts";
import { verdaccioMissing } from "../../../fixtures/registries/npm/verdaccio.ts";
import { describeThroughGateway, makeGatewayProject, makeWorld } from "./gateway-client.ts";

describeThroughGateway("yarn", [4], {
  frozen: ["install", "--immutable"],
  whoami: ["npm", "whoami", "--scope", "root"],
  publish: ["npm", "publish"],
  lockFile: "yarn.lock",
  nested: ["cd mine && yarn add extra", "cd mine && yarn add @root/thing"],
  defaultRegistry: () => ({}),
});

// How a client is followed into another one: gateway/holder.test.ts.
longDescribe.skipIf(verdaccioMissing() || clientsMissing(["yarn", 1], ["yarn", 4]))("a Yarn that starts the project's own", () => {
  it("has the phantom for that one, and not for its scripts", async () => {
    const world = await makeWorld();
    const { home, project } = await makeGatewayProject(world, "yarn", 4);
    const [, own = ""] = client("yarn", 4).argv;
    await writeFile(join(project.directory, ".yarnrc.yml"), `yarnPath: ${own}\n`);
    const path = join(project.directory, "package.json");
    await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, "utf8")) as object), scripts: { shut: "mkdir mine && cd mine && echo '{}' > package.json && touch yarn.lock && yarn add @root/thing" } }));
    const run = (argv: readonly string[]) => home.toolkey(["run", "--", "yarn", ...argv], { cwd: project.directory, env: { ...project.environment, PATH: client("yarn", 1).environment["PATH"], NODE_EXTRA_CA_CERTS: world.tls.caFile } });
    expectDone(await run(["install"]));
    expect(await project.installed("@acme/thing")).toBe("1.2.3");
    const refused = await run(["run", "shut"]);
    expect(refused.code).not.toBe(0);
    expect(`${refused.stdout}${refused.stderr}`).toMatch(/belongs to another process/);
    await home.dispose();
    await world.close();
  });
});
