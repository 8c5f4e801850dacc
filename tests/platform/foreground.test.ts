/** Where a process stands with its terminal, as ps(1) tells where there is no /proc. */
import { expect, it } from "vitest";
import { standingInPs } from "../../src/platform/foreground.ts";

it.each([
  ["  4711   4711 ttys003 \n", { group: 4711, isInForeground: true, terminal: "/dev/ttys003" }],
  [" 4711  4799 ttys003\n", { group: 4711, isInForeground: false, terminal: "/dev/ttys003" }],
  [" 4711      0 ??      \n", { group: 4711, isInForeground: false, terminal: undefined }],
  ["", { group: 0, isInForeground: true, terminal: undefined }],
])("%j", (text, told) => {
  expect(standingInPs(text)).toEqual(told);
});
