/** Real clients in a project whose files name a variable that this person doesn't have. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeClientProject } from "../../../fixtures/tools/client-project.ts";
import { client, clientsMissing, type ClientName } from "../../../fixtures/tools/clients.ts";
import { expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "../../../fixtures/registries/npm/verdaccio.ts";

const CLIENTS = [["npm", 12], ["yarn", 1], ["yarn", 4], ["bun", 1]] as const;

describe.skipIf(verdaccioMissing() || clientsMissing(...CLIENTS))("a placeholder of the project's that is not set", () => {
  let tls: TestTls;
  let acme: Verdaccio;
  let home: TestHome;
  beforeAll(async () => {
    tls = await makeTls();
    acme = await startVerdaccio({ tls, owners: { "@acme/*": "alice" } });
    expect(await acme.publish(acme.loginToken, "@acme/thing", "1.2.3")).toBe(201);
    home = await makeHome();
    await home.init(tls.caFile);
    const { token } = await acme.createToken();
    for (const tool of ["npm", "yarn", "bun"]) await home.addToken(tool, acme.origin, token);
  });
  afterAll(async () => {
    await home?.dispose();
    await acme?.close();
    await tls?.remove();
  });

  it.each<[name: ClientName, major: number, file: string, text: (url: string) => string]>([
    ["npm", 12, ".npmrc", (url) => `@acme:registry=${url}/\n${url.replace("https:", "")}/:_authToken=\${NPM_TOKEN}\n`],
    ["yarn", 1, ".npmrc", (url) => `@acme:registry=${url}/\n${url.replace("https:", "")}/:_authToken=\${NPM_TOKEN}\n`],
    ["yarn", 4, ".yarnrc.yml", (url) => `npmScopes:\n  acme:\n    npmRegistryServer: "${url}"\n    npmAuthToken: "\${NPM_TOKEN}"\n`],
    ["bun", 1, "bunfig.toml", (url) => `[install.scopes]\nacme = { url = "${url}/", token = "$NPM_TOKEN" }\n`],
  ])("is in the way of no install: %s %i, %s", async (name, major, file, text) => {
    const project = await makeClientProject(home, client(name, major), { dependencies: { "@acme/thing": "1.2.3" }, registries: [], caFile: acme.caFile, name: `${name}-${major}` });
    await writeFile(join(project.directory, file), text(acme.origin));
    const manifest = join(project.directory, "package.json");
    if (major === 1 && name === "yarn") await writeFile(manifest, (await readFile(manifest, "utf8")).replace("{", '{"packageManager":"yarn@1.22.22",'));
    // Yarn 1 is told by a file of the project: it gets a token only by a person's word.
    expectDone(await home.toolkey(["run", ...(name === "yarn" && major === 1 ? ["--direct"] : []), "--", name, "install"], { cwd: project.directory, env: project.environment }));
    expect(await project.installed("@acme/thing")).toBe("1.2.3");
  });
});
