import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientsMissing } from "../../../fixtures/tools/clients.ts";
import { matrix } from "../../../fixtures/form.ts";
import { expectDone } from "../../../fixtures/homes/home.ts";
import { verdaccioMissing } from "../../../fixtures/registries/npm/verdaccio.ts";
import { describeThroughGateway, makeGatewayProject, makeWorld, type World } from "./gateway-client.ts";

const THIEF = readFileSync(new URL("../../../fixtures/processes/thief.cjs", import.meta.url), "utf8");

describeThroughGateway("npm", matrix([12], [10, 11]), {
  frozen: ["ci"],
  whoami: ["whoami"],
  publish: ["publish"],
  lockFile: "package-lock.json",
  nested: ["true && cd mine && npm install extra", "true && cd mine && npm install @root/thing"],
  defaultRegistry: (url) => ({ npm_config_registry: `${url}/` }),
});

describe.skipIf(verdaccioMissing() || clientsMissing(["npm", 11]))("a package with a script that steals", () => {
  let world: World & { close(): Promise<void> };
  let made: Awaited<ReturnType<typeof makeGatewayProject>>;

  beforeAll(async () => {
    world = await makeWorld();
    made = await makeGatewayProject(world, "npm", 11);
    expect(await world.closed.publish(world.closed.loginToken, "@acme/thief", "1.0.0", { scripts: { postinstall: "node thief.js" }, files: { "thief.js": THIEF } })).toBe(201);
  });
  afterAll(async () => {
    await made?.home.dispose();
    await world?.close();
  });

  it("finds a phantom in every place, and no use for it", async () => {
    const { home, project, secrets } = made;
    const loot = join(home.directory, "loot.json");
    const env = { ...project.environment, LOOT: loot, UPSTREAM: world.closed.origin, MOUNTED: world.mounted.url };
    expectDone(await home.toolkey(["run", "--", "npm", "install", "@acme/thief"], { cwd: project.directory, env }));
    const { found, answers } = JSON.parse(await readFile(loot, "utf8")) as { found: string; answers: readonly { asked: string; status: number; body: string }[] };
    // It did look where it is.
    expect(found).toMatch(/tkphantom_[\w-]{43}/);
    expect(secrets.filter((secret) => found.includes(secret) || JSON.stringify(answers).includes(secret))).toEqual([]);
    const gateway = answers.filter(({ asked }) => asked.includes("127.0.0.1"));
    expect(gateway.length).toBeGreaterThan(8);
    expect(gateway.filter(({ status }) => status !== 403)).toEqual([]);
    expect(gateway.filter(({ body }) => !body.includes("toolkey:"))).toEqual([]);
    // The registry itself knows no such token.
    expect(answers.filter(({ asked, status }) => !asked.includes("127.0.0.1") && status < 400)).toEqual([]);
    expect(await world.closed.listTokens()).toHaveLength(secrets.length);
    const published = await world.closed.ask("GET", "/@acme%2fthing", { authorization: `Bearer ${world.closed.loginToken}` });
    expect(Object.keys((published.body as { versions: object }).versions)).toEqual(["1.2.3"]);
  });
});
