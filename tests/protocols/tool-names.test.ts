import { describe, expect, it } from "vitest";
import { nearest } from "../../src/core/text/suggestion.ts";
import { TOOL_NAMES } from "../../src/protocols/tool-facts.ts";
import { knownTool } from "../../src/protocols/tool-names.ts";
import { failureOf } from "../fixtures/failures.ts";

describe("the name of a tool", () => {
  it.each(TOOL_NAMES)("%s is known", (tool) => {
    expect(knownTool(tool)).toBe(tool);
  });

  it.each<[text: string, message: string]>([
    ["mvn", "there is no tool 'mvn'; did you mean 'maven'?"],
    ["mvnw", "there is no tool 'mvnw'; did you mean 'maven'?"],
    ["npx", "there is no tool 'npx'; did you mean 'npm'?"],
    ["yarnpkg", "there is no tool 'yarnpkg'; did you mean 'yarn'?"],
    ["gti", "there is no tool 'gti'; did you mean 'git'?"],
    ["Maven", "there is no tool 'Maven'; did you mean 'maven'?"],
    ["mavn", "there is no tool 'mavn'; did you mean 'maven'?"],
    ["cvs", "there is no tool 'cvs'"],
    ["", "there is no tool ''"],
    ["constructor", "there is no tool 'constructor'"],
    ["svn", "there is no tool 'svn'"],
    ["nmp", "there is no tool 'nmp'; did you mean 'npm'?"],
    ["toolkey", "toolkey's own tokens are kept with 'toolkey login'"],
  ])("%j is none, and what may be meant is said", (text, message) => {
    const failure = failureOf(() => knownTool(text));
    expect([failure.code, failure.message]).toEqual(["usage", message]);
  });
});

describe("the nearest word", () => {
  it.each<[word: string, meant: string | undefined]>([
    ["revoke", "revoke"],
    ["revok", "revoke"],
    ["erovke", "revoke"],
    ["lsit", "list"],
    ["xyz", undefined],
    ["go", undefined],
    ["rotating", undefined],
  ])("to %j is %j", (word, meant) => {
    expect(nearest(word, ["list", "revoke", "rotate", "git"])).toBe(meant);
  });
});
