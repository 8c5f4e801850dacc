/** Files of projects that are none: what a tool would read there can't be told. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ProjectFiles } from "../../src/platform/files/project-file.ts";

let directory: string;
const at = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "toolkey-project-file-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

it("refuses a pipe, without waiting for it, and a device, also behind a link", async () => {
  execFileSync("mkfifo", [at("pipe")]);
  symlinkSync("pipe", at("to-pipe"));
  symlinkSync("/dev/zero", at("zero"));
  for (const name of ["pipe", "to-pipe", "zero"])
    await expect(new ProjectFiles().read(at(name))).rejects.toMatchObject({ code: "unavailable", message: `cannot read ${at(name)}: it is a pipe or a device` });
});

it("finds nothing where there is nothing to read: a directory, and what people use in place of an empty file", async () => {
  mkdirSync(at("directory"));
  symlinkSync("/dev/null", at("null"));
  for (const name of ["directory", "null", "nowhere"]) expect(await new ProjectFiles().read(at(name))).toBeUndefined();
});
