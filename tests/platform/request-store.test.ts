import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { RequestStore } from "../../src/platform/request-store.ts";

test("requests at the same time have each its own value, until the last of them is over", async () => {
  const store = new RequestStore<string>();
  const [first, second] = ["first", "second"].map((name) => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    return { ended: store.run(name, () => released.then(() => store.get())), release };
  });
  first?.release();
  expect(await first?.ended).toBe("first");
  second?.release();
  expect(await second?.ended).toBe("second");
  expect(store.get()).toBeUndefined();
});

test("nothing is kept account of once no request has a value", async () => {
  const store = new RequestStore<string>();
  let later: Promise<string | undefined> | undefined;
  await store.run("value", async () => {
    later = turn().then(() => turn()).then(() => store.get());
  });
  expect(await later).toBeUndefined();
});

test("also after a request that failed", async () => {
  const store = new RequestStore<string>();
  await expect(store.run("value", () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(await store.run("next", async () => store.get())).toBe("next");
  expect(store.get()).toBeUndefined();
});

test("what is begun in a request has its value, but not what outlasts it", async () => {
  const store = new RequestStore<string>();
  const seen: (string | undefined)[] = [];
  const later = (begin: (look: () => void) => void) =>
    new Promise<void>((resolve) => begin(() => setImmediate(() => (seen.push(store.get()), resolve()))));
  await store.run("value", async () => {
    await later((look) => look());
    await later((look) => store.without(look));
    seen.push(store.get());
  });
  expect(seen).toEqual(["value", undefined, "value"]);
});
