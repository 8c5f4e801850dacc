/** Which requests are git's, and what becomes of the answers of Git LFS. */
import { describe, expect, it } from "vitest";
import { changeBatch } from "../../../src/protocols/git/lfs-batch.ts";
import { gitRequest } from "../../../src/protocols/git/requests.ts";

const OID = "a".repeat(64);
const HASH = "0123456789abcdef0123456789abcdef01234567";

describe("a request", () => {
  it.each([
    ["GET", "/r.git/info/refs", "?service=git-upload-pack"],
    ["GET", "/r.git/info/refs", ""],
    ["POST", "/r.git/git-upload-pack", ""],
    ["GET", "/r.git/HEAD", ""],
    ["GET", `/r.git/objects/01/${HASH.slice(2)}`, ""],
    ["GET", `/r.git/objects/pack/pack-${HASH}.idx`, ""],
    ["GET", "/r.git/objects/info/packs", ""],
    ["POST", "/r.git/info/lfs/objects/batch", ""],
    ["GET", `/r.git/gitlab-lfs/objects/${OID}/12`, ""],
    ["GET", "/r.git/info/lfs/locks", "?path=a"],
  ])("reads: %s %s%s", (method, path, query) => {
    expect(gitRequest(method, path, query)).toMatchObject({ changes: false });
  });

  it.each([
    ["GET", "/r.git/info/refs", "?service=git-receive-pack"],
    ["POST", "/r.git/git-receive-pack", ""],
    ["PUT", `/r.git/info/lfs/objects/${OID}`, ""],
    ["POST", "/r.git/info/lfs/locks", ""],
    ["POST", "/r.git/info/lfs/locks/12/unlock", ""],
    ["POST", "/r.git/info/lfs/verify", ""],
  ])("changes: %s %s%s", (method, path, query) => {
    expect(gitRequest(method, path, query)).toEqual({ changes: true, isBatch: false });
  });

  it.each([
    ["GET", "/api/v4/personal_access_tokens", ""],
    ["POST", "/user/tokens", ""],
    ["GET", "/r.git/config", ""],
    ["GET", "/r/raw/main/HEADER", ""],
    ["GET", "/r.git/info/refs", "?service=git-upload-pack&service=git-receive-pack"],
    ["GET", "/r.git/info/refs", "?service=git-other"],
    ["DELETE", "/r.git/git-receive-pack", ""],
    ["PUT", "/r.git/HEAD", ""],
    ["PATCH", `/r.git/objects/${OID}`, ""],
  ])("is none of git's: %s %s%s", (method, path, query) => {
    expect(gitRequest(method, path, query)).toBeUndefined();
  });
});

describe("a batch of Git LFS", () => {
  const through = (url: URL): string | undefined => (url.host === "git.acme.example" ? `http://127.0.0.1:7777/https/${url.host}${url.pathname}` : undefined);
  const action = (href: string) => ({ href, header: { Authorization: "RemoteAuth secret", "X-Kept": "1" }, expires_in: 60 });
  const batch = (actions: object): string => JSON.stringify({ transfer: "basic", objects: [{ oid: OID, size: 1, actions }] });
  const changed = (actions: object, publishes = false): unknown => (JSON.parse(changeBatch(batch(actions), { through, publishes })) as { objects: unknown[] }).objects[0];

  it("leads through the gateway, without the credentials that the host made", () => {
    expect(changed({ download: action("https://git.acme.example/x") })).toEqual({ oid: OID, size: 1, actions: { download: { href: "http://127.0.0.1:7777/https/git.acme.example/x", header: { "X-Kept": "1" }, expires_in: 60 } } });
  });

  it("leaves what lies in a store elsewhere as it is", () => {
    const actions = { download: action("https://store.example/signed") };
    expect(changed(actions)).toEqual({ oid: OID, size: 1, actions });
  });

  it("has no place for uploads, wherever, unless they are permitted", () => {
    expect(changed({ upload: action("https://store.example/signed"), verify: action("https://git.acme.example/v") })).toEqual({ oid: OID, size: 1, error: { code: 403, message: "toolkey: this phantom does not permit uploads - toolkey run --publish" } });
    expect(changed({ upload: action("https://store.example/signed") }, true)).toHaveProperty("actions.upload");
  });

  it.each(["", "[]", "{}", '{"objects":{}}', '{"objects":[null,1,{"actions":[]}]}', "<html>"])("is left alone if it is none: %s", (text) => {
    const left = changeBatch(text, { through, publishes: false });
    expect(left === text || JSON.stringify(JSON.parse(text)) === left).toBe(true);
  });
});
