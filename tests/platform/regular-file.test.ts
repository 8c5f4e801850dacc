/** Files that anybody may have put where they are. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesAtOnce, regularFile, textOfFile } from "../../src/platform/files/regular-file.ts";
import { readCertificates } from "../../src/platform/network/certificates.ts";

let directory: string;
const at = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "toolkey-"));
  execFileSync("mkfifo", [at("pipe")]);
  mkdirSync(at("directory"));
  writeFileSync(at("text"), "text");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("what is no file", () => {
  it.each([["a pipe", () => at("pipe")], ["a directory", () => at("directory")], ["a device without an end", () => "/dev/zero"]])("%s is not waited for, and not read", async (_what, path) => {
    expect(await regularFile(path(), 100)).toBeUndefined();
    await expect(textOfFile(path(), 100)).rejects.toMatchObject({ code: "unavailable", message: `cannot read ${path()}: it is not a file` });
    await expect(readCertificates(path())).rejects.toMatchObject({ code: "unavailable", message: `cannot read ${path()}: it is not a file` });
  });
});

describe("a file", () => {
  it("is read, up to the size that it may have", async () => {
    expect(await textOfFile(at("text"), 4)).toBe("text");
    await expect(textOfFile(at("text"), 3)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("is judged by its size before it is read", async () => {
    await expect(regularFile(at("text"), (size) => {
      throw new Error(`it has ${size}`);
    })).rejects.toThrow("it has 4");
  });

  it("is read at once, as far as is asked for, whatever size it says that it has", () => {
    expect([10, 4, 3].map((most) => bytesAtOnce(at("text"), most)?.toString())).toEqual(["text", "text", "tex"]);
    expect(bytesAtOnce(at("pipe"), 10)).toBeUndefined();
    expect(bytesAtOnce(at("directory"), 10)).toBeUndefined();
  });

  // It says that it has no bytes, and has no end.
  it.skipIf(!existsSync("/proc/self/pagemap"))("without an end is read no further than is asked for", () => {
    expect(bytesAtOnce("/proc/self/pagemap", 100_000)).toHaveLength(100_000);
  });
});
