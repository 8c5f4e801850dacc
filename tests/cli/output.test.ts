/** What is printed is made plain where it is printed, and keeps what is toolkey's own. */
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { Output } from "../../src/cli/terminal/output.ts";
import { table } from "../../src/cli/terminal/table.ts";

function output(isTTY: boolean): { readonly output: Output; readonly printed: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80, hasColors: () => isTTY });
  const chunks: string[] = [];
  stream.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  const tty = stream as unknown as NodeJS.WriteStream;
  return { output: new Output(tty, tty, {}), printed: () => chunks.join("") };
}

const HOSTILE = "evil\u001b[2J\u001b[32mok\u001b[0m\u202e\nhint: pay";

it("a line stays one line, and only what was styled here is styled", () => {
  const { output: colored, printed } = output(true);
  colored.print(`${colored.style("green", "ok  ")}  ${HOSTILE}`, `a\t${colored.style("red", HOSTILE)}`);
  colored.note(HOSTILE);
  colored.hint(HOSTILE);
  const shown = "evilok hint: pay";
  expect(printed()).toBe(`\u001b[32mok  \u001b[39m  ${shown}\na\t\u001b[31m${shown}\u001b[39m\ntoolkey: ${shown}\nhint: ${shown}\n`);
});

it("a cell of a table stays within it", () => {
  expect(table([{ title: "A" }, { title: "B" }], [[HOSTILE, "b"]], 80)).toBe("A                 B\nevilok hint: pay  b");
});

it("JSON says the same, in letters that no terminal obeys", () => {
  const { output: piped, printed } = output(false);
  piped.json({ text: `${HOSTILE}\u009b\u007f` });
  expect(JSON.parse(printed())).toEqual({ text: `${HOSTILE}\u009b\u007f` });
  expect(printed()).not.toMatch(/[^\n\P{Cc}]|\p{Bidi_Control}/u);
});
