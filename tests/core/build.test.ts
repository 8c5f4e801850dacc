import { describe, expect, it } from "vitest";
import { makesWayFor } from "../../src/core/build.ts";

describe("a daemon and a client of another build", () => {
  it.each<[what: string, theirs: string, ours: string, makesWay: boolean]>([
    ["the same build", "0.1.0+aaa", "0.1.0+aaa", false],
    ["the same version, built anew", "0.1.0+bbb", "0.1.0+aaa", true],
    ["a newer patch", "0.1.1+bbb", "0.1.0+aaa", true],
    ["an older patch", "0.1.0+bbb", "0.1.1+aaa", false],
    ["a newer minor version that is smaller as text", "0.10.0+bbb", "0.9.9+aaa", true],
    ["an older minor version that is greater as text", "0.9.9+bbb", "0.10.0+aaa", false],
    ["a newer major version", "1.0.0+bbb", "0.99.99+aaa", true],
    ["an older major version", "0.99.99+bbb", "1.0.0+aaa", false],
    ["a version without a hash", "0.2.0", "0.1.0+aaa", true],
    ["a version that is none", "newest", "0.1.0+aaa", false],
    ["no version at all", "", "0.1.0+aaa", false],
  ])("%s (%s meets %s): makes way %s", (_what, theirs, ours, makesWay) => {
    expect(makesWayFor(theirs, ours)).toBe(makesWay);
  });
});
