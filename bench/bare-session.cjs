// What Node alone takes for a session, with no code of toolkey's: its network and its processes, a directory of links, and the
// command with its mark. Told by its arguments: where the directory is made, and the command.
const { spawn } = require("node:child_process");
const { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } = require("node:fs");
const { connect } = require("node:net");

const SHIMS = 20;
const [parent, ...command] = process.argv.slice(2);

const directory = mkdtempSync(`${parent}/bare-`);
mkdirSync(`${directory}/bin`);
for (let index = 0; index < SHIMS; index += 1) symlinkSync("/usr/bin/true", `${directory}/bin/tool-${index}`);
writeFileSync(`${directory}/session.json`, "{}", { mode: 0o600 });
// Nobody listens there: to wait for an answer would take longer.
connect(`${directory}/nobody.sock`).once("error", () => {
  spawn("setpriv", ["--no-new-privs", "--", ...command], { stdio: "inherit" }).once("exit", () => rmSync(directory, { recursive: true }));
});
