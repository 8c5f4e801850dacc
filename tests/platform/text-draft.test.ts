/** What is beside a file while it is replaced, and what killed processes left there. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { replaceExactFile } from "../../src/platform/files/text-file.ts";
import { hear } from "../fixtures/processes/heard.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tk-draft-"));
  file = join(directory, ".npmrc");
  writeFileSync(file, "before\n");
});

afterEach(() => rmSync(directory, { recursive: true }));

it("what a killed process left is removed, also if another one has its number by now, and nothing else is", async () => {
  writeFileSync(`${file}.tmp-${process.pid}-0123456789ab`, "left");
  const others = [".npmrc.tmp-1-short", ".npmrc.old.tmp-1-0123456789ab", "npmrc.tmp-1-0123456789ab"];
  for (const name of others) writeFileSync(join(directory, name), "mine");
  await replaceExactFile(file, "before\n", "after\n");
  expect(readFileSync(file, "utf8")).toBe("after\n");
  expect(readdirSync(directory).toSorted()).toEqual([".npmrc", ...others].toSorted());
});

it("what somebody is writing stays, though no process here has its number", async () => {
  const draft = `${file}.tmp-4194304-0123456789ab`;
  writeFileSync(draft, "under way");
  const writer = spawn("flock", [draft, "sh", "-c", "echo held; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  await hear(writer).line(/^held$/);
  try {
    await replaceExactFile(file, "before\n", "after\n");
    expect(readFileSync(draft, "utf8")).toBe("under way");
  } finally {
    writer.stdin.end();
  }
});

it("two that write at once hinder neither: the file is one of the two, whole", async () => {
  await Promise.all(Array.from({ length: 20 }, (_, index) => replaceExactFile(file, undefined, `${index}\n`.repeat(1000))));
  const text = readFileSync(file, "utf8");
  expect(text).toBe(`${text.split("\n")[0] ?? ""}\n`.repeat(1000));
  expect(readdirSync(directory)).toEqual([".npmrc"]);
});
