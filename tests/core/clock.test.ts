import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, endInstant, instant, instantFromEpochSeconds, milliseconds } from "../../src/core/clock.ts";
import { failureOf } from "../fixtures/failures.ts";

const NOW = Date.parse("2026-11-22T04:20:18.750Z");
const WELL_FORMED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

describe("a duration", () => {
  it.each<[text: string, expected: number]>([
    ["90s", 90_000],
    ["15m", 900_000],
    ["12h", 43_200_000],
    ["30d", 2_592_000_000],
    ["2w", 1_209_600_000],
    ["0s", 0],
    [" 1d ", 86_400_000],
  ])("%j is %i ms", (text, expected) => {
    expect(duration(text)).toBe(expected);
  });

  it.each(["", "30", "d", "30 d", "30D", "-1d", "+1d", "1.5h", "1d12h", "1e3s", "1y", "1234567d", "0x10s", "٣d", "1d\n1d"])(
    "is not %j",
    (text) => {
      expect(failureOf(() => duration(text))).toMatchObject({ code: "usage", hints: ["write it as 90s, 15m, 12h, 30d or 2w"] });
    },
  );
});

describe("an end", () => {
  it.each<[text: string, expected: string]>([
    ["30d", "2026-12-22T04:20:18Z"],
    ["90s", "2026-11-22T04:21:48Z"],
    ["2027-01-31", "2027-01-31T23:59:59Z"],
    ["2026-11-22", "2026-11-22T23:59:59Z"],
    ["2028-02-29", "2028-02-29T23:59:59Z"],
    ["2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"],
    ["2027-01-31T12:00:00+02:00", "2027-01-31T10:00:00Z"],
    ["2027-01-31T12:00:00.999Z", "2027-01-31T12:00:00Z"],
    [" 2027-01-31 ", "2027-01-31T23:59:59Z"],
    ["999999w", "9999-12-31T23:59:59Z"],
  ])("%j is %s", (text, expected) => {
    expect(endInstant(text, NOW)).toBe(expected);
  });

  it.each<[text: string, why: string]>([
    ["", "is not a time"],
    ["tomorrow", "is not a time"],
    ["30", "is not a time"],
    ["31.01.2027", "is not a time"],
    ["2027-13-01", "is not a time"],
    ["2027-02-30", "is not a time"],
    ["2027-02-29", "is not a time"],
    ["2027-01-31T25:00:00Z", "is not a time"],
    ["2027-01-31Tx", "is not a time"],
    ["20270131", "is not a time"],
    ["1234567d", "is not a duration"],
    ["0s", "has already passed"],
    ["2026-11-21", "has already passed"],
    ["2026-11-22T04:20:18Z", "has already passed"],
  ])("is not %j, which %s", (text, why) => {
    const { code, message } = failureOf(() => endInstant(text, NOW));
    expect([code, message]).toEqual(["usage", `'${text}' ${why}`]);
  });
});

describe("an instant", () => {
  it("is cut to the second", () => {
    expect(instant(NOW)).toBe("2026-11-22T04:20:18Z");
  });

  it("sorts as text as it does in time, and is read again to the second", () => {
    const times = fc.integer({ min: 0, max: Date.parse("9999-12-31T23:59:59Z") });
    fc.assert(
      fc.property(times, times, (a, b) => {
        expect(milliseconds(instant(a))).toBe(Math.floor(a / 1000) * 1000);
        expect(instant(a) <= instant(b)).toBe(Math.floor(a / 1000) <= Math.floor(b / 1000));
      }),
    );
  });

  // A vault with any other form in it would not be read again.
  it("has its one form however far away it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (at) => {
        expect(instant(at)).toMatch(WELL_FORMED);
      }),
    );
    expect(instant(NOW + duration("999999w"))).toBe("9999-12-31T23:59:59Z");
  });
});

describe("seconds since the epoch", () => {
  it.each<[text: string, expected: string | undefined]>([
    ["0", "1970-01-01T00:00:00Z"],
    ["1795321218", "2026-11-22T04:20:18Z"],
    ["99999999999", "5138-11-16T09:46:39Z"],
    ["", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["1e9", undefined],
    ["0x10", undefined],
    ["soon", undefined],
    [" 1", undefined],
    ["999999999999", undefined],
  ])("%j are %s", (text, expected) => {
    expect(instantFromEpochSeconds(text)).toBe(expected);
  });
});
