import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDone } from "../../fixtures/homes/home.ts";
import type { JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { startNordic } from "../../fixtures/services/nordic.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

let nordic: JfrogAccess;
let home: ServiceHome;

beforeAll(async () => {
  nordic = await startNordic();
  home = await makeServiceHome(`[service.nordic]
issuer = "nordic"
title = "Nordic Semiconductor files"
url = "${nordic.origin}"
cacert = "${nordic.caFile}"
maven = { server = "nordic", url = "${nordic.origin}/artifactory" }
http = { url = "${nordic.origin}/artifactory" }
`);
});

afterAll(async () => {
  await home?.dispose();
  await nordic?.close();
});

async function download(path: string, secret?: string): Promise<string> {
  const header = secret === undefined ? "" : `header = "Authorization: Bearer ${secret}"\n`;
  const got = await home.run("curl", ["-s", "--cacert", nordic.caFile, "-o", "/dev/null", "-w", "%{http_code}", "-K", "-", `${nordic.origin}/artifactory/${path}`], {
    stdin: header,
  });
  return got.stdout;
}

describe("the life of a token at Nordic", () => {
  it.skipIf(missing("curl"))("is validated, shown, replaced and ended on its page, and another tool's goes on working", async () => {
    const page = `${nordic.origin}/ui/user_profile`;
    const first = nordic.makeUserToken({ description: "scripts", expiresIn: 90 * 86_400 });
    const maven = nordic.makeUserToken({ description: "builds" });
    const added = await home.toolkey(["add", "nordic", "--tool", "http"], { stdin: ` ${first.referenceToken}\n` });
    const [token] = await home.tokens();
    const id = token?.id ?? "";
    expect(added).toEqual({
      code: 0,
      signal: null,
      stdout: `added ${id} (http, ${nordic.origin}/artifactory)\n`,
      stderr: "toolkey: its service says that it is valid\n",
    });
    expectDone(await home.toolkey(["add", "nordic", "--tool", "maven", "--username", "alice"], { stdin: maven.referenceToken }));

    // What Nordic's own settings page shows: ID, Description, Expires.
    expect(token).toMatchObject({ tokenId: first.id, subject: "alice", kind: "identity" });
    const shown = expectDone(await home.toolkey(["show", id])).stdout;
    for (const line of [`token id      ${first.id}`, `expires       ${token?.expiresAt}`, "state         active"]) expect(shown).toContain(`${line}\n`);

    expect([await download("ncs/file", await home.secret(id)), await download("ncs/file"), await download("swtools/external/file")]).toEqual([
      "200",
      "401",
      "200",
    ]);
    expect((await home.toolkey(["check", id])).stdout).toBe(`${id} (http, ${nordic.origin}/artifactory): valid\n`);

    // A rejected one leaves the old one where it is.
    expect(await home.toolkey(["replace", id], { stdin: "mistyped" })).toEqual({
      code: 3,
      signal: null,
      stdout: "",
      stderr:
        "toolkey: Nordic Semiconductor files rejects this token: Bad credentials\n" +
        "hint: nothing was stored or changed\n" +
        "hint: copy it again, whole; it may also have expired, or be for another service\n",
    });
    expect(await home.secret(id)).toBe(first.referenceToken);
    const second = nordic.makeUserToken();
    expectDone(await home.toolkey(["replace", id], { stdin: second.referenceToken }));
    expect(await home.secret(id)).toBe(second.referenceToken);

    const revoked = await home.toolkey(["revoke", "--yes", id]);
    expect(revoked).toMatchObject({ code: 1, stdout: `not revoked yet: ${id} (http, ${nordic.origin}/artifactory)\n` });
    expect(revoked.stderr).toContain("toolkey: it is revoked here, but is still valid at Nordic Semiconductor files, where toolkey can't revoke it\n");
    expect(revoked.stderr).toContain(`hint: revoke it at ${page}, then: toolkey revoke --done ${id}\n`);
    nordic.revoke(second.id);
    expectDone(await home.toolkey(["revoke", "--done", id]));
    expect([await download("ncs/file", second.referenceToken), await download("ncs/file", maven.referenceToken)]).toEqual(["401", "200"]);
    expect((await home.tokens()).map(({ tool, state }) => `${tool} ${state}`)).toEqual(["http revoked", "maven active", "http suspended"]);
    expect(nordic.requests.some(({ method }) => method === "DELETE" || method === "POST")).toBe(false);
    expect(nordic.leaks).toEqual([]);
  });
});
