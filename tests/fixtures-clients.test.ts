/** The clients of npm registries that the tests run. */
import { describe, expect, test } from "vitest";
import { CLIENTS, client, clientsMissing } from "./fixtures/clients.ts";
import { runToEnd } from "./fixtures/home.ts";

const HOME = "/nonexistent";

describe.each(CLIENTS)("%s %i", (name, major) => {
  const missing = clientsMissing([name, major]);

  test.skipIf(missing)("starts, and is the version that was asked for", async () => {
    const { argv: [program, ...argv], environment, version } = client(name, major);
    const ended = await runToEnd(program, [...argv, "--version"], { HOME, ...environment });
    expect(ended).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: "" });
  });

  test.skipIf(missing)("is found by its name", async () => {
    const { environment, version } = client(name, major);
    const ended = await runToEnd("sh", ["-c", `${name} --version`], { HOME, ...environment });
    expect(ended).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: "" });
  });
});
