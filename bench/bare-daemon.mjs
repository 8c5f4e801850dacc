// The least that a daemon could be for git's helper: it answers each request with the same credential. Told {"socket":"…","answer":"…"}
// by a line on its standard input, with whose end it ends; says {} when it listens.
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const input = createInterface({ input: process.stdin }).once("close", () => process.exit());
input.once("line", (line) => {
  const { socket, answer } = JSON.parse(line);
  createServer({ allowHalfOpen: true }, (connection) => {
    connection.on("error", () => undefined).on("end", () => connection.end(answer)).resume();
  }).listen(socket, () => process.stdout.write("{}\n"));
});
