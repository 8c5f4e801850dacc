/** Times whole processes with hyperfine, in rounds, so that what else the machine does hits all alike. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./home.mjs";

/**
 * Times commands and returns all times of each, in seconds. Each command is
 * `{ name, argv, environment, input?, prepare? }`: `input` is a file for its standard input, `prepare` the
 * argv of what runs before each run and isn't timed.
 */
export async function time(commands, { rounds, runs, warmup, scratch, say }) {
  const times = new Map(commands.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    // Each round begins with another command, so that none always follows the same one.
    const first = round % commands.length;
    for (const command of [...commands.slice(first), ...commands.slice(0, first)]) {
      say(`round ${round} of ${rounds}: ${command.name}`);
      times.get(command.name).push(...(await timeOnce(command, { runs, warmup, scratch })));
    }
  }
  return times;
}

async function timeOnce({ argv, environment, input, prepare }, { runs, warmup, scratch }) {
  const file = join(scratch, "times.json");
  // Older hyperfines can't give a command a standard input; a shell does, for all alike.
  const words = input === undefined ? argv : ["sh", "-c", 'file=$1; shift; exec "$@" <"$file"', "sh", input, ...argv];
  await run(
    "hyperfine",
    [
      "--shell=none",
      "--style=none",
      `--warmup=${warmup}`,
      `--runs=${runs}`,
      `--export-json=${file}`,
      ...(prepare === undefined ? [] : [`--prepare=${prepare.map(quote).join(" ")}`]),
      words.map(quote).join(" "),
    ],
    { environment },
  );
  return JSON.parse(await readFile(file, "utf8")).results[0].times;
}

// hyperfine splits its commands as a shell does.
function quote(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Median and minimum of times. */
export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], runs: sorted.length };
}
