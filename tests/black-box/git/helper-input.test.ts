/** The end of what git's helper reads: whoever asks may keep the pipe open, and wait for the answer. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampled } from "../../fixtures/form.ts";
import { BIN, makeHome, type TestHome } from "../../fixtures/homes/home.ts";

const ASKED = "protocol=https\nhost=one.example\n";
const ANSWER = "username=u\npassword=SECRET\n";

let home: TestHome;

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  await home.addGitToken("https://one.example", "u", "SECRET");
});
afterAll(() => home.dispose());

/** What is printed while the input is still open. */
async function askWithOpenInput(operation: string, input: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const helper = spawn(`${BIN}/git-credential-toolkey`, [operation], { env: { ...home.environment, ...env }, stdio: ["pipe", "pipe", "inherit"] });
  home.running.add(helper);
  helper.stdin.on("error", () => undefined);
  helper.stdin.write(input);
  const [printed, [code]] = await Promise.all([text(helper.stdout), once(helper, "close")]);
  home.running.delete(helper);
  expect(code).toBe(0);
  return printed;
}

describe.each([
  ["as git starts it", { GIT_EXEC_PATH: "/usr/lib/git-core" }],
  ["as others do", { GIT_EXEC_PATH: undefined }],
])("git's helper, %s,", (_who, env) => {
  it.each(sampled([
    ["get", `${ASKED}\n`, ANSWER],
    ["get", `${ASKED}\nprotocol=https\nhost=of-a-second-request.example\n`, ANSWER],
    ["store", `${ASKED}username=v\npassword=p\n\n`, ""],
    ["erase", `${ASKED}username=v\npassword=p\n\n`, ""],
  ], 2))("%s does not wait for more after the blank line: %j", async (operation, input, answer) => {
    await home.stop();
    // Once behind the lane, since no daemon runs, and once in it.
    expect(await askWithOpenInput(operation, input, env)).toBe(answer);
    expect(await askWithOpenInput(operation, input, env)).toBe(answer);
  });
});
