import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeClientProject } from "../../../fixtures/tools/client-project.ts";
import { client, clientsMissing } from "../../../fixtures/tools/clients.ts";
import { matrix } from "../../../fixtures/form.ts";
import { expectDone, makeHome } from "../../../fixtures/homes/home.ts";
import { verdaccioMissing } from "../../../fixtures/registries/npm/verdaccio.ts";
import { describeThroughGateway, makeWorld, type World } from "./gateway-client.ts";

describeThroughGateway("pnpm", matrix([12], [10, 11]), {
  frozen: ["install", "--frozen-lockfile"],
  whoami: ["whoami"],
  publish: ["publish", "--no-git-checks"],
  lockFile: "pnpm-lock.yaml",
  nested: ["true && cd mine && pnpm add extra", "true && cd mine && pnpm add @root/thing"],
  defaultRegistry: (url) => ({ npm_config_registry: `${url}/`, pnpm_config_registry: `${url}/` }),
});

describe.skipIf(verdaccioMissing() || clientsMissing(["pnpm", 10], ["pnpm", 11]))("a registry that a workspace names", () => {
  let world: World & { close(): Promise<void> };
  beforeAll(async () => {
    world = await makeWorld();
  });
  afterAll(() => world?.close());

  it.each(matrix<[number, string | undefined]>([[11, undefined]], [[10, undefined], [11, "pnpm@11.28.11"]]))("is asked by pnpm %i, with packageManager %s", async (major, packageManager) => {
    const home = await makeHome();
    try {
      await home.init(world.tls.caFile);
      await home.addToken("pnpm", world.mounted.url, (await world.closed.createToken()).token);
      const project = await makeClientProject(home, client("pnpm", major), { dependencies: { "@acme/thing": "^1.0.0" }, registries: [], caFile: world.tls.caFile });
      await writeFile(join(project.directory, "package.json"), JSON.stringify({ name: "project", dependencies: { "@acme/thing": "^1.0.0" }, packageManager }));
      await writeFile(join(project.directory, "pnpm-workspace.yaml"), `registries:\n  "@acme": ${world.mounted.url}/\n`);
      const install = (...options: readonly string[]) => home.toolkey(["run", ...options, "--", "pnpm", "install"], { cwd: project.directory, env: project.environment });
      const { code, stderr } = await install();
      if (packageManager === undefined) {
        // Anybody can write that file.
        expect(code).not.toBe(0);
        expect(stderr).toContain("pnpm 10 takes registries of pnpm-workspace.yaml before the gateway, so pnpm gets no token");
        expectDone(await install("--direct"));
      } else expect(stderr).toContain("through the gateway");
      expect(await project.installed("@acme/thing")).toBe("1.2.3");
    } finally {
      await home.dispose();
    }
  });
});
