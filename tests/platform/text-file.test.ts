/** Text files are read as far as they go, whatever size they say they have. */
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MAX_FILE_BYTES, readExactFile } from "../../src/platform/files/text-file.ts";

it.runIf(process.platform === "linux")("one that says it has no size is read; one without an end is not", async () => {
  expect((await readExactFile("/proc/version"))?.text).toContain("Linux");
  await expect(readExactFile("/proc/self/pagemap")).rejects.toThrow("cannot read /proc/self/pagemap");
});

it("one of the largest size is read, and one byte more is too large", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tk-text-"));
  try {
    const path = join(directory, "file");
    writeFileSync(path, "a".repeat(MAX_FILE_BYTES));
    expect((await readExactFile(path))?.text).toHaveLength(MAX_FILE_BYTES);
    writeFileSync(path, "a".repeat(MAX_FILE_BYTES + 1));
    await expect(readExactFile(path)).rejects.toThrow("it is larger than 512 KiB");
  } finally {
    rmSync(directory, { recursive: true });
  }
});
