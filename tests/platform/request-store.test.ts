/** What goes with one request through all that is done for it. */
import { expect, it } from "vitest";
import { RequestStore } from "../../src/platform/request-store.ts";

const later = (begin: (seen: () => void) => void) => new Promise<void>((resolve) => begin(() => setImmediate(resolve)));

it("goes with what is begun in a request, but not with what outlasts it", async () => {
  const store = new RequestStore<string>();
  const seen: (string | undefined)[] = [];
  await store.run("of the request", async () => {
    await later((done) => setImmediate(() => (seen.push(store.get()), done())));
    await later((done) => store.without(() => void setImmediate(() => (seen.push(store.get()), done()))));
    seen.push(store.get());
  });
  expect([...seen, store.get()]).toEqual(["of the request", undefined, "of the request", undefined]);
});
