import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { assertPlace, makeFile } from "../../src/platform/files/new-file.ts";
import { failureLater } from "../fixtures/failures.ts";

let directory: string;
const path = (name = "file"): string => join(directory, name);

beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "tk-"))));
afterEach(() => rmSync(directory, { recursive: true }));

describe("a new file", () => {
  it("is made, whole, for its owner alone", async () => {
    await assertPlace(path(), false);
    await makeFile(path(), Buffer.from("text"), false);
    expect([readFileSync(path(), "utf8"), statSync(path()).mode & 0o777, readdirSync(directory)]).toEqual(["text", 0o600, ["file"]]);
  });

  it("does not take the place of one that somebody has made meanwhile", async () => {
    writeFileSync(path(), "theirs", { mode: 0o644 });
    expect(await failureLater(() => makeFile(path(), Buffer.from("text"), false))).toMatchObject({ code: "exists", message: `${path()} is there already` });
    expect([readFileSync(path(), "utf8"), readdirSync(directory)]).toEqual(["theirs", ["file"]]);
    await makeFile(path(), Buffer.from("text"), true);
    expect([readFileSync(path(), "utf8"), statSync(path()).mode & 0o777]).toEqual(["text", 0o600]);
  });

  it("takes the place of a file alone", async () => {
    symlinkSync(path("other"), path("link"));
    mkdirSync(path("directory"));
    for (const name of ["link", "directory"])
      expect(await failureLater(() => makeFile(path(name), Buffer.from("text"), true))).toMatchObject({ code: "exists", message: `${path(name)} is there already, and is no file` });
    expect(readdirSync(directory)).toEqual(["directory", "link"]);
  });

  it("needs its directory", async () => {
    for (const make of [() => assertPlace(path("no/file"), false), () => makeFile(path("no/file"), Buffer.from(""), false)])
      expect(await failureLater(make)).toMatchObject({ code: "not-found", message: `there is no directory ${path("no")}` });
  });
});
