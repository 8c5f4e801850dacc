import { describe, expect, it } from "vitest";
import { http } from "../../../src/protocols/http/plan.ts";
import { NOTHING, outcomeOf, throughOf, type Situation, type Through } from "../client-request.ts";

const through = async (situation: Situation) => throughOf(http, { tokens: [{ id: "http-1", target: "https://api.acme.com" }], ...situation });

describe("scripts through the gateway", () => {
  it("get an address, which all that they start may use, to read", async () => {
    expect(await through({})).toEqual({
      plan: {
        ...NOTHING,
        environment: { TOOLKEY_HTTP: "http://127.0.0.1:7777", TOOLKEY_NETRC: { descriptor: "netrc" } },
        descriptors: { netrc: "machine 127.0.0.1 login toolkey password PHANTOM\n" },
        notes: ["$TOOLKEY_HTTP/SERVICE/… leads to a service with its token of the tool http, to read only; curl logs in by --netrc-file \"$TOOLKEY_NETRC\""],
      },
      permit: { addressing: "service", holder: "descendants", publishes: false, routes: [] },
    });
  });

  it("and to change, with --publish", async () => {
    expect(await through({ publish: true })).toMatchObject({ permit: { publishes: true }, plan: { notes: ["$TOOLKEY_HTTP/SERVICE/… leads to a service with its token of the tool http; curl logs in by --netrc-file \"$TOOLKEY_NETRC\""] } });
  });

  it("are told how to quote it where the shell was faster", async () => {
    const { plan } = (await through({ arguments: ["-sS", "/acme/api/x"], declared: [{ service: "acme", url: "https://api.acme.com" }] })) as Through;
    expect(plan).toMatchObject({
      notes: [expect.any(String), "'/acme/api/x' looks as if your shell had put in $TOOLKEY_HTTP by itself, which only the command has"],
      hints: [`in single quotes: toolkey run --tool http -- sh -c 'curl --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/acme/api/x"'`],
    });
    expect(((await through({ arguments: ["/acmes/x", "https://x/acme/"], declared: [{ service: "acme", url: "https://api.acme.com" }] })) as Through).plan["hints"]).toEqual([]);
  });

  it("are told that there is no token for any of them", async () => {
    const { plan } = (await through({ tokens: [] })) as Through;
    expect(plan).toMatchObject({ notes: ["there is no token of the tool http", expect.any(String)], hints: ["toolkey add SERVICE --tool http, or a URL"] });
  });

  it("get no token directly without a name for it", async () => {
    await expect(outcomeOf(http, {})).rejects.toMatchObject({ code: "usage" });
  });
});
