import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfiguration, type Configuration } from "../../src/daemon/configuration.ts";
import { paths, type Paths } from "../../src/platform/paths.ts";
import { failureLater } from "../fixtures/failures.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const DEFAULTS: Configuration = { lock: { idle: 15 * MINUTE, absolute: 720 * MINUTE }, trusted: [], keepSuspendedMs: 30 * DAY, services: [] };

let home = "";
let places: Paths;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tk-config-"));
  places = paths({ TOOLKEY_HOME: home });
  mkdirSync(places.config, { mode: 0o700 });
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(content: string | Uint8Array): void {
  writeFileSync(places.configFile, content, { mode: 0o600 });
}

describe("the configuration", () => {
  it("is the defaults where there is no file, and no directory", async () => {
    expect(await readConfiguration(places)).toEqual(DEFAULTS);
    rmSync(places.config, { recursive: true });
    expect(await readConfiguration(places)).toEqual(DEFAULTS);
  });

  it.each<[what: string, text: string, expected: Configuration]>([
    ["nothing", "", DEFAULTS],
    ["comments", "# lock.idle = '1m'\n", DEFAULTS],
    ["empty tables", "[lock]\n[vault]\n", DEFAULTS],
    ["one time", '[lock]\nidle = "5m"\n', { ...DEFAULTS, lock: { ...DEFAULTS.lock, idle: 5 * MINUTE } }],
    ["all times", '[lock]\nidle = "1h"\nabsolute = "2d"\n[vault]\nkeep_suspended = "1w"\n', {
      lock: { idle: 60 * MINUTE, absolute: 2 * DAY },
      trusted: [], keepSuspendedMs: 7 * DAY,
      services: [],
    }],
    ["dotted keys and line ends of DOS", 'lock.idle = "5m"\r\nvault.keep_suspended = "1d"\r\n', {
      lock: { ...DEFAULTS.lock, idle: 5 * MINUTE },
      trusted: [], keepSuspendedMs: DAY,
      services: [],
    }],
  ])("is read from a file with %s", async (_what, text, expected) => {
    write(text);
    expect(await readConfiguration(places)).toEqual(expected);
  });

  it.each<[what: string, text: string, message: string]>([
    ["a setting that there is not", '[lock]\nidel = "5m"\n', ": lock.idel is not a setting"],
    ["a table that there is not", '[locks]\nidle = "5m"\n', ": locks is not a setting"],
    ["a setting outside its table", 'idle = "5m"\n', ": idle is not a setting"],
    ["a number without a unit", "[lock]\nidle = 900\n", ": lock.idle has the wrong type"],
    ["a value for a table", 'lock = "5m"\n', ": lock has the wrong type"],
    ["a time that is none", '[lock]\nabsolute = "forever"\n', ": lock.absolute: 'forever' is not a duration"],
    ["an empty time", '[vault]\nkeep_suspended = ""\n', ": vault.keep_suspended: '' is not a duration"],
    ["__proto__", '[__proto__]\nidle = "5m"\n', ": __proto__ is not a setting"],
  ])("is refused with %s, and the place named", async (_what, text, message) => {
    write(text);
    const failure = await failureLater(() => readConfiguration(places));
    expect([failure.code, failure.message]).toEqual(["usage", `${places.configFile}${message}`]);
  });

  it.each<[what: string, text: string, at: string]>([
    ["a value left out", "[lock]\nidle =\n", "line 2, column 7"],
    ["a table left open", '\n[lock\nidle = "5m"\n', "line 2, column 6"],
    ["a setting twice", '[lock]\nidle = "5m"\nidle = "6m"\n', "line 3, column 1"],
    ["JSON", '{"lock": {"idle": "5m"}}', "line 1, column 1"],
  ])("is refused with %s, and line and column named", async (_what, text, at) => {
    write(text);
    const { code, message } = await failureLater(() => readConfiguration(places));
    expect(code).toBe("usage");
    expect(message.startsWith(`${places.configFile}, ${at}: `)).toBe(true);
    expect(message).not.toMatch(/\n|undefined/);
  });

  it.each<[what: string, spoil: () => void, code: string]>([
    ["a directory", () => mkdirSync(places.configFile, { mode: 0o700 }), "unavailable"],
    ["writable by others", () => {
      write("");
      chmodSync(places.configFile, 0o666);
    }, "denied"],
    ["in a directory that is writable by others", () => {
      write("");
      chmodSync(places.config, 0o777);
    }, "denied"],
  ])("is refused if the file is %s", async (_what, spoil, code) => {
    spoil();
    expect((await failureLater(() => readConfiguration(places))).code).toBe(code);
  });
});
