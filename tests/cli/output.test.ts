/** What is printed is made plain where it is printed, and keeps what is toolkey's own. */
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { Output } from "../../src/cli/terminal/output.ts";
import { table } from "../../src/cli/terminal/table.ts";

function output(isTTY: boolean, isForPrograms = false): { readonly output: Output; readonly printed: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80, hasColors: () => isTTY });
  const chunks: string[] = [];
  stream.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  const tty = stream as unknown as NodeJS.WriteStream;
  return { output: new Output(tty, tty, {}, isForPrograms), printed: () => chunks.join("") };
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
  const { output: piped, printed } = output(false, true);
  piped.json({ text: `${HOSTILE}\u009b\u007f` });
  expect(JSON.parse(printed())).toEqual({ text: `${HOSTILE}\u009b\u007f` });
  expect(printed()).not.toMatch(/[^\n\P{Cc}]|\p{Bidi_Control}/u);
});

it("a result is written as it was asked for, and programs are told why there is none", () => {
  const failure = new Failure("locked", "it is locked", { hint: "toolkey unlock" });
  const lines = output(false);
  lines.output.print("made");
  lines.output.json({ made: true });
  lines.output.done();
  lines.output.end(failure);
  expect(lines.printed()).toBe("made\ntoolkey: it is locked\nhint: toolkey unlock\n");

  const documents = output(false, true);
  documents.output.print("made");
  expect(() => documents.output.done()).toThrow("no document");
  documents.output.end(failure);
  const told = { error: { code: "locked", message: "it is locked", hints: ["toolkey unlock"] } };
  expect(documents.printed()).toBe(`toolkey: it is locked\nhint: toolkey unlock\n${JSON.stringify(told, null, 2)}\n`);

  const partly = output(false, true);
  partly.output.json({ made: 1 });
  partly.output.done();
  partly.output.end(failure);
  expect(JSON.parse(partly.printed().split("toolkey:")[0] ?? "")).toEqual({ made: 1 });
  expect(partly.printed()).not.toContain("error");

  // Where something has to be known before the end, each document is a line.
  const early = output(false, true);
  early.output.jsonLine({ page: "p" });
  expect(() => early.output.done()).toThrow("no document");
  early.output.end(failure);
  expect(early.printed()).toBe(`{"page":"p"}\ntoolkey: it is locked\nhint: toolkey unlock\n${JSON.stringify(told)}\n`);
});

it("what is said while something is done can be had besides", async () => {
  const { output: out } = output(false);
  out.note("before");
  const [result, said] = await out.listen(async () => {
    out.note("a");
    out.hint("b");
    return Promise.resolve(1);
  });
  out.note("after");
  expect([result, said]).toEqual([1, { notes: ["a"], hints: ["b"] }]);
});
