/** Where the gateway sends what git asks of a repository that was moved. */
import { describe, expect, it } from "vitest";
import { MovedRepositories } from "../../src/gateway/requests/moved-repositories.ts";
import type { Phantom } from "../../src/gateway/phantoms/phantoms.ts";
import { isRefusal } from "../../src/gateway/answers/refusal.ts";
import { readPath, type Demand } from "../../src/gateway/requests/request-head.ts";

const PHANTOM = { tool: "git" } as Phantom;
const OTHER = { tool: "git" } as Phantom;

function demand(method: string, path: string): Demand {
  const read = readPath(path);
  if (isRefusal(read)) throw new Error(read.why);
  return { method, ...read, phantom: undefined };
}

const asked = demand("GET", "/https/git.example/a/x.git/info/refs?service=git-receive-pack");
const pushed = demand("POST", "/https/git.example/a/x.git/git-receive-pack");
const moved = (): MovedRepositories => {
  const repositories = new MovedRepositories();
  repositories.note(PHANTOM, asked, new URL("http://127.0.0.1:7777/https/git.example/b/y.git/info/refs?service=git-receive-pack"));
  return repositories;
};

describe("what is posted to a moved repository", () => {
  it("goes where that is now, for this phantom and this repository alone", () => {
    const repositories = moved();
    expect(repositories.meant(PHANTOM, pushed).path).toBe("/https/git.example/b/y.git/git-receive-pack");
    expect(repositories.meant(OTHER, pushed)).toBe(pushed);
    for (const path of ["/https/git.example/a/x/git-receive-pack", "/https/git.example/a/x.git/sub.git/git-receive-pack", "/https/git.example/a/x.git/info/lfs/objects/batch"]) {
      const other = demand("POST", path);
      expect(repositories.meant(PHANTOM, other)).toBe(other);
    }
  });

  it("goes to the place itself again once the host has a repository there", () => {
    const repositories = moved();
    repositories.stays(PHANTOM, asked);
    expect(repositories.meant(PHANTOM, pushed)).toBe(pushed);
  });

  it("stays where it is if the new place is none that the gateway passes on", () => {
    const repositories = new MovedRepositories();
    repositories.note(PHANTOM, asked, new URL("http://127.0.0.1:7777/https/git.example/b%5cy/info/refs"));
    expect(repositories.meant(PHANTOM, pushed)).toBe(pushed);
  });
});
