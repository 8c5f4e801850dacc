/** What holds of the system's file and the user's own, where one of them can't be read: the safe side. */
import { describe, expect, it } from "vitest";
import { lockTimes, sandboxInForce, timeOf, trustInForce, written, type Layers } from "../../src/daemon/configuration/layers.ts";
import { carriedOn, readText, type Said } from "../../src/daemon/configuration/reading.ts";
import { ownDocument, systemDocument } from "../../src/daemon/configuration/settings.ts";
import { parseTrust, trustOf, trustText } from "../../src/daemon/configuration/trust.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const NO_TOML = "[lock\n";

const system = (text: string): Said => readText(systemDocument, text, "/etc/toolkey/config.toml");
const own = (text: string): Said => readText(ownDocument, text, "config.toml");
const layers = (of: { system?: string; own?: string; accepted?: string }): Layers => ({
  system: system(of.system ?? ""),
  own: own(of.own ?? ""),
  isRootsWord: true,
  accepted: of.accepted === undefined ? undefined : parseTrust(of.accepted),
});

describe("a lock time", () => {
  it.each<[what: string, of: Parameters<typeof layers>[0], minutes: number]>([
    ["is by default", {}, 15],
    ["is the system's", { system: 'lock.idle = "5m"' }, 5],
    ["is the user's own, also a longer one", { system: 'lock.idle = "5m"', own: 'lock.idle = "9h"' }, 540],
    ["that is fixed is the system's", { system: 'fixed = ["lock.idle"]\nlock.idle = "5m"', own: 'lock.idle = "9h"' }, 5],
    ["whose table is fixed is the default, where the system says none", { system: 'fixed = ["lock"]', own: 'lock.idle = "9h"' }, 15],
    ["that is fixed does not care for a fault of the user's own", { system: 'fixed = ["lock.idle"]\nlock.idle = "9h"', own: "lock.idle = 1" }, 540],
    ["with a fault is the shortest that is known", { system: 'lock.idle = "9h"', own: "lock.idle = 1" }, 15],
    ["with a fault is the system's, if that is shorter", { system: 'lock.idle = "5m"', own: NO_TOML }, 5],
    ["below a system's file that can't be read is not longer than by default", { system: NO_TOML, own: 'lock.idle = "9h"' }, 15],
    ["below a system's file that can't be read may be shorter", { system: NO_TOML, own: 'lock.idle = "5m"' }, 5],
    ["is fixed if it can't be told what is fixed", { system: 'fixed = "lock"\nlock.idle = "5m"', own: 'lock.idle = "9h"' }, 5],
  ])("%s", (_what, of, minutes) => {
    expect(lockTimes(layers(of)).idle).toBe(minutes * MINUTE);
  });
});

it("how long suspended tokens are kept is the longest that is known, where it can't be read", () => {
  const kept = (of: Parameters<typeof layers>[0]): number => timeOf(layers(of), "vault.keep_suspended") / DAY;
  expect([kept({ own: 'vault.keep_suspended = "1d"' }), kept({ own: "vault.keep_suspended = 1" }), kept({ system: 'vault.keep_suspended = "1d"', own: NO_TOML }), kept({ system: 'vault.keep_suspended = "90d"', own: NO_TOML })]).toEqual([1, 30, 30, 90]);
});

describe("in a running daemon", () => {
  it("what can't be read stays as it was; all else is as it is now", () => {
    const before = own('lock.idle = "1m"\nlock.absolute = "2h"\n');
    const now = carriedOn(before, own('lock.idle = 1\nlock.absolute = "3h"\n'));
    expect([[...now.settings], [...now.unknown]]).toEqual([[["lock.absolute", "3h"], ["lock.idle", "1m"]], []]);
    expect([...carriedOn(now, own(NO_TOML)).settings.keys()]).toEqual(["lock.absolute", "lock.idle"]);
    expect([...carriedOn(now, own("")).settings]).toEqual([]);
  });

  it("what was never known does not become so by another mistake", () => {
    const never = own('sandbox.hide = 1\nlock.idle = "5m"\n');
    expect([...carriedOn(never, own(NO_TOML)).unknown]).toEqual(["sandbox.hide"]);
    expect([...carriedOn(own(NO_TOML), never).unknown]).toEqual(["sandbox.hide"]);
    expect([...carriedOn(carriedOn(own(NO_TOML), own("")), own(NO_TOML)).unknown]).toEqual([]);
  });

  it("what is fixed stays so", () => {
    const before = system('fixed = ["lock"]\n');
    for (const text of [NO_TOML, "fixed = 1"]) expect([...carriedOn(before, system(text)).fixed]).toEqual(["lock"]);
  });
});

describe("what decides about trust", () => {
  const ACME = '[service.acme]\nurl = "https://acme.example"\n';

  it("is the system's, with what was accepted of the user's own on top and before it; what is fixed is left out of both", () => {
    const of = { system: `${ACME}[service.corp]\nurl = "https://corp.example"\n`, own: ACME.replace("acme.example", "my.example"), accepted: ACME.replace("acme.example", "my.example") };
    const urls = (each: Layers): string[] => trustOf(trustInForce(each)).services.map(({ url }) => url);
    expect(urls(layers({ ...of, accepted: "" }))).toEqual(["https://acme.example", "https://corp.example"]);
    expect(urls(layers(of))).toEqual(["https://my.example", "https://corp.example"]);
    const fixed = layers({ ...of, system: `fixed = ["service"]\n${of.system}` });
    expect([urls(fixed), trustText(written(fixed))]).toEqual([["https://acme.example", "https://corp.example"], ""]);
  });

  it("is accepted with the user's own where root is nobody else", () => {
    const same = { ...layers({ system: ACME, own: 'sealed.trusted = ["/a"]', accepted: "" }), isRootsWord: false };
    expect([trustText(trustInForce(same)), [...written(same).keys()]]).toEqual(["", ["service.acme", "sealed.trusted"]]);
  });

  it("waits for nothing where only the order is another one, or what can't be read was accepted", () => {
    const accepted = `[sandbox]\nhide = ["/a"]\ndefault = true\n${ACME}`;
    for (const text of [`${ACME}[sandbox]\ndefault = true\nhide = ["/a"]\n`, `[service.acme]\n[sandbox]\ndefault = 1\nhide = ["/a"]\n`, NO_TOML]) {
      const each = layers({ own: text, accepted });
      expect(trustText(written(each))).toBe(trustText(each.accepted?.settings ?? new Map()));
    }
  });
});

describe("a sandbox", () => {
  const inForce = (of: Parameters<typeof layers>[0]) => {
    const { fault, ...settings } = sandboxInForce(layers(of));
    return { ...settings, isFaulty: fault !== undefined };
  };
  it.each<[what: string, of: Parameters<typeof layers>[0], expected: object]>([
    ["is the system's with what was accepted", { system: 'sandbox.hide = ["/a"]\nsandbox.keep = ["A"]', accepted: 'sandbox.hide = ["/b"]' }, { hide: ["/b"], keep: ["A"], isFaulty: false }],
    ["is the system's, and what the user's own takes away, while that is not known", { system: 'sandbox.readonly = ["/a"]', own: 'sandbox.hide = ["/b"]\nsandbox.show = ["/c"]' }, { readonly: ["/a"], hide: ["/b"], show: [], isFaulty: false }],
    ["is not made where a list of the system's can't be read", { system: 'sandbox.hide = "/a"', accepted: "" }, { isFaulty: true }],
    ["is made with the accepted list in its place", { system: 'sandbox.hide = "/a"', accepted: 'sandbox.hide = ["/b"]' }, { hide: ["/b"], isFaulty: false }],
    ["is not made with an accepted list in the place of one that is fixed", { system: 'fixed = ["sandbox"]\nsandbox.hide = "/a"', accepted: 'sandbox.hide = ["/b"]' }, { isFaulty: true }],
    ["is not made where the system's file can't be read, whatever was accepted", { system: NO_TOML, accepted: 'sandbox = { hide = ["/b"], readonly = [], variables = [] }' }, { default: true, isFaulty: true }],
    ["is made as accepted where the user's own can't be read", { own: NO_TOML, accepted: 'sandbox.hide = ["/b"]' }, { default: false, hide: ["/b"], isFaulty: false }],
    ["is not made where the user's own can't be read, nor what was accepted", { own: NO_TOML }, { default: true, isFaulty: true }],
    ["is not made where a list can't be read that was never accepted", { own: 'sandbox.variables = "A"', accepted: "" }, { default: false, isFaulty: true }],
    ["is there for everything where it can't be told for what", { own: 'sandbox.default = "npm"', accepted: "" }, { default: true, isFaulty: false }],
    ["shows nothing where that can't be read", { own: 'sandbox.show = "/a"\nsandbox.keep = 1', accepted: "" }, { default: false, show: [], keep: [], isFaulty: false }],
  ])("%s", (_what, of, expected) => {
    expect(inForce(of)).toMatchObject(expected);
  });
});
