/** Maven through the gateway: all that it does with tokens it does with a phantom, and what finds the phantom has nothing. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectDone, type Ended } from "../fixtures/home.ts";
import { putParent, writeParentedProject } from "../fixtures/maven-project.ts";
import { BEARER_TOKEN, LIBS_TOKEN, makeMavenHome, OTHER_TOKEN, startMavenServers, type MavenHome, type MavenServers } from "../fixtures/maven-run.ts";
import { maven, mavenMissing, MAVENS } from "../fixtures/maven.ts";

let servers: MavenServers;
let home: MavenHome;
/** The private repository that most of it is about. */
let libs: string;

beforeAll(async () => {
  servers = await startMavenServers();
  libs = servers.acme.url("/libs");
  putParent(servers.acme, "/libs");
  putParent(servers.acme, "/bearer", "bearer-parent");
  putParent(servers.other, "/libs", "other-parent");
});
afterAll(() => servers.close());
beforeEach(async () => void (home = await makeMavenHome(servers)));
afterEach(() => home.dispose());

describe.each(MAVENS)("Maven %s", (version) => {
  const skip = mavenMissing(version);

  test.skipIf(skip)("gets a parent, and the repository no request without the token", async () => {
    const id = await home.add(libs, LIBS_TOKEN, "alice");
    await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
    const came = recorded();
    const ended = expectDone(await home.mvnThrough(version, ["validate"]));
    expect(ownWords(ended)).toEqual([`toolkey: ${maven(version).argv[0]} gets ${id} for ${libs}`]);
    expect(came().map(({ authorization, status }) => `${authorization} ${status}`)).toEqual(["libs 200", "libs 200"]);
  });
});

/** What toolkey says; Maven itself writes a colour there. */
function ownWords({ stderr }: Ended): string[] {
  return stderr.split("\n").flatMap((line) => /(?:toolkey|hint): .*$/.exec(line) ?? []);
}

/** What comes in at the private repositories from now on. */
function recorded() {
  const before = servers.acme.requests.length;
  return () => servers.acme.requests.slice(before);
}
