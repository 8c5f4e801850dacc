/** What a command is given without a name, where it can't open the files of another process: on macOS. The rest of carrying out: black-box. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { carryOut } from "../../src/client/carry-out.ts";
import { EMPTY_PLAN, type Plan } from "../../src/core/plan.ts";
import { Secret } from "../../src/core/secret.ts";

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "tk-carry-"))));
afterEach(() => rmSync(directory, { recursive: true }));

const PLAN: Plan = {
  ...EMPTY_PLAN,
  environment: { SETTINGS: { descriptor: "second", before: "file://" } },
  arguments: [{ descriptor: "first" }],
  descriptors: { first: new Secret("ONE"), second: new Secret("TWO") },
};

it.each([false, true])("a command reads its files (sees those of others: %s)", async (seesFiles) => {
  const out = join(directory, "out");
  // It opens each once: on macOS all who have it are at the same place in it.
  const script = `{ cat "$1"; echo; cat "\${SETTINGS#file://}"; echo; echo "$1 $SETTINGS"; } >"$OUT"`;
  const environment = { PATH: process.env["PATH"] ?? "", OUT: out };
  const end = await carryOut(PLAN, ["sh", "-c", script, "sh"], { environment, directory, own: 4, mark: [], seesFiles });
  expect(end).toEqual({ code: 0 });
  const [one, two, paths] = readFileSync(out, "utf8").split("\n");
  expect([one, two]).toEqual(["ONE", "TWO"]);
  expect(paths).toMatch(seesFiles ? /^\/proc\/\d+\/fd\/\d+ file:\/\/\/proc\/\d+\/fd\/\d+$/ : /^\/dev\/fd\/3 file:\/\/\/dev\/fd\/4$/);
});

it("where it can't, what has phantoms alone it reads as often as it likes, by a name that is gone afterwards", async () => {
  const out = join(directory, "out");
  const script = `{ cat "$1" "$1"; echo; stat -c %a "$1"; echo "$1"; ls -l /proc/self/fd | grep -c " /.*toolkey-"; } >"$OUT"`;
  const environment = { PATH: process.env["PATH"] ?? "", OUT: out };
  await carryOut({ ...PLAN, phantoms: ["p-1"] }, ["sh", "-c", script, "sh"], { environment, directory, own: 4, mark: [], seesFiles: false });
  const [text, mode, path, inherited] = readFileSync(out, "utf8").split("\n");
  expect([text, mode, inherited]).toEqual(["ONEONE", "600", "0"]);
  expect(path).toMatch(/\/given\/.*\/first$/);
  expect(readdirSync(join(directory, "given"))).toEqual([]);
});

it.each([false, true])("and it has what it reads from its standard input (sees those of others: %s)", async (seesFiles) => {
  const out = join(directory, "out");
  const plan: Plan = { ...PLAN, environment: {}, arguments: [{ descriptor: "stdin" }], stdin: new Secret("THREE") };
  const environment = { PATH: process.env["PATH"] ?? "", OUT: out };
  await carryOut(plan, ["sh", "-c", `cat "$1" >"$OUT"`, "sh"], { environment, directory, own: 4, mark: [], seesFiles });
  expect(readFileSync(out, "utf8")).toBe("THREE");
});

it("goes on where a signal can't be passed on, as to sudo", async () => {
  const [started, go] = [join(directory, "started"), join(directory, "go")];
  const environment = { PATH: process.env["PATH"] ?? "" };
  const script = `: >"$1"; until test -e "$2"; do sleep 0.05; done; exit 3`;
  const ended = carryOut(EMPTY_PLAN, ["sh", "-c", script, "sh", started, go], { environment, directory, own: 6, mark: [] });
  await expect.poll(() => existsSync(started), { timeout: 20_000 }).toBe(true);
  const refused = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  });
  try {
    process.emit("SIGWINCH", "SIGWINCH");
    expect(refused).toHaveBeenCalled();
  } finally {
    refused.mockRestore();
    writeFileSync(go, "");
  }
  expect(await ended).toEqual({ code: 3 });
});
