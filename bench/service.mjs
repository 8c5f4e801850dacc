/** Servers as processes of their own, so that what they take is not taken from what is measured. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Starts a server that is told what to do by a line of JSON on its standard input, with which it ends, and says in
 * another one where it is. Resolves to that, and `pid`.
 */
export async function startService(file, told, tidy) {
  const child = spawn(process.execPath, [file], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  tidy.push(async () => {
    child.stdin.end();
    await ended;
  });
  child.stdin.write(`${JSON.stringify(told)}\n`);
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    ended.then(() => Promise.reject(new Error(`${file} ended at once`))),
  ]);
  return { ...JSON.parse(line), pid: child.pid };
}
