/** Whose session a request is of: what the daemon uses of proxies, certificates and key stores, and what it does not believe. */
import { describe, expect, it } from "vitest";
import { variableHeaders } from "../../src/core/wire/caller-variables.ts";
import type { Request } from "../../src/core/wire/wire.ts";
import { CallerVariables } from "../../src/daemon/caller-variables.ts";

const OFFICE = { HTTPS_PROXY: "http://office.example:3128" };
const TRAIN = { HTTPS_PROXY: "http://train.example:8080" };
const THIEF = { HTTPS_PROXY: "http://thief.example:1", NODE_EXTRA_CA_CERTS: "/tmp/thief.pem" };

function request(variables: Readonly<Record<string, string>>): Request {
  const headers = new Map(Object.entries(variableHeaders(variables, (path) => path)));
  return { kind: "toolkey", tool: "toolkey", operation: "status", build: undefined, headers, payload: "{}" };
}

const isOutside = (): Promise<boolean> => Promise.resolve(false);
const isInside = (): Promise<boolean> => Promise.resolve(true);

describe("the variables of a session", () => {
  it("are those of the request under way, each its own, also while others are answered", async () => {
    const variables = new CallerVariables({});
    const proxy = (): string | undefined => variables.environment["HTTPS_PROXY"];
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const office = variables.during(request(OFFICE), isOutside, async () => {
      await held;
      return proxy();
    });
    expect(await variables.during(request(TRAIN), isOutside, () => Promise.resolve(proxy()))).toBe(TRAIN.HTTPS_PROXY);
    goOn();
    expect(await office).toBe(OFFICE.HTTPS_PROXY);
  });

  it("of the latest request count where nobody asks, also in a timer that an earlier one has set", async () => {
    const variables = new CallerVariables({ HTTPS_PROXY: "http://of-the-service-manager.example" });
    const proxy = (): string | undefined => variables.environment["HTTPS_PROXY"];
    let ring = (): void => undefined;
    const timer = new Promise<void>((resolve) => (ring = resolve));
    // Its context is that of the request that began it.
    let inTimer: Promise<string | undefined> = Promise.resolve(undefined);
    await variables.during(request(OFFICE), isOutside, async () => {
      inTimer = timer.then(proxy);
    });
    expect(proxy()).toBe(OFFICE.HTTPS_PROXY);
    await variables.during(request(TRAIN), isOutside, () => Promise.resolve());
    ring();
    expect(await inTimer).toBe(TRAIN.HTTPS_PROXY);
    await variables.during(request({}), isOutside, () => Promise.resolve());
    expect(proxy()).toBe("http://of-the-service-manager.example");
  });

  it("are not believed from inside of a sealed command, neither for its request nor for what comes after", async () => {
    const variables = new CallerVariables({});
    const used = (): (string | undefined)[] => Object.keys(THIEF).map((name) => variables.environment[name]);
    await variables.during(request(OFFICE), isOutside, () => Promise.resolve());
    expect(await variables.during(request(THIEF), isInside, () => Promise.resolve(used()))).toEqual([OFFICE.HTTPS_PROXY, undefined]);
    expect(used()).toEqual([OFFICE.HTTPS_PROXY, undefined]);
    expect(await variables.during(request(THIEF), isOutside, () => Promise.resolve(used()))).toEqual(Object.values(THIEF));
  });
});
