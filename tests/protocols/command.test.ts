import { describe, expect, it } from "vitest";
import { toolOfCommand } from "../../src/protocols/command.ts";

describe("the tool of a command", () => {
  it.each<[command: string, tool: string, argv: string[]]>([
    ["mvn deploy", "maven", ["deploy"]],
    ["mvnw -B verify", "maven", ["-B", "verify"]],
    ["./mvnw", "maven", []],
    ["/opt/maven/bin/mvn --version", "maven", ["--version"]],
    ["npm ci", "npm", ["ci"]],
    ["pnpm install", "pnpm", ["install"]],
    ["yarn", "yarn", []],
    ["yarnpkg add x", "yarn", ["add", "x"]],
    ["bun install", "bun", ["install"]],
    ["nuxeoctl register a b", "nuxeoctl", ["register", "a", "b"]],
    ["../server/bin/nuxeoctl start", "nuxeoctl", ["start"]],
    ["node /usr/lib/node_modules/npm/bin/npm-cli.js ci", "npm", ["ci"]],
    ["node --no-warnings ./node_modules/pnpm/bin/pnpm.cjs i --x", "pnpm", ["i", "--x"]],
    ["nodejs .yarn/releases/yarn-4.18.1.cjs install", "yarn", ["install"]],
    ["node yarn.js", "yarn", []],
    ["python3 -m pip install x", "pip", ["install", "x"]],
    ["/usr/bin/python3.11 -I -m pip install x", "pip", ["install", "x"]],
  ])("%s", (command, tool, argv) => {
    expect(toolOfCommand(command.split(" "))).toEqual({ tool, arguments: argv, words: argv });
  });

  it.each<[command: string, tool: string, argv: string[], subcommand: string]>([
    ["npx hook", "npm", ["hook"], "exec -- hook"],
    ["/usr/bin/npx -y team ls", "npm", ["-y", "team", "ls"], "exec -y -- team ls"],
    ["/usr/bin/node npx-cli.js token", "npm", ["token"], "exec -- token"],
    ["npx tool --registry https://x", "npm", ["tool", "--registry", "https://x"], "exec -- tool --registry https://x"],
    ["npx --registry https://x -p a tool --ca c", "npm", ["--registry", "https://x", "-p", "a", "tool", "--ca", "c"], "exec --registry https://x -p a -- tool --ca c"],
    ["npx -- tool --key k", "npm", ["--", "tool", "--key", "k"], "exec -- tool --key k"],
    ["npx --version", "npm", ["--version"], "exec --version"],
    ["pnpx view", "pnpm", ["view"], "dlx -- view"],
    ["node pnpx.cjs publish", "pnpm", ["publish"], "dlx -- publish"],
    ["twine upload dist/x", "pip", ["upload", "dist/x"], "twine -- upload dist/x"],
    ["python -m twine check x", "pip", ["check", "x"], "twine -- check x"],
    ["bunx cowsay", "bun", ["cowsay"], "x -- cowsay"],
  ])("whose words are a program's, and no subcommands or options: %s", (command, tool, argv, words) => {
    expect(toolOfCommand(command.split(" "))).toEqual({ tool, arguments: argv, words: words.split(" ") });
  });

  it.each(["true", "sh -c npm", "npmx ci", "my-npm", "node", "node build.js npm-cli.js", "node -r ./x.js npm-cli.js", "node -e npm", "python3", "python3 -m", "python3 pip.py -m pip", "python3 -c pip -m pip", "python3 -m pipx", "python3 -m npm", "toString", "constructor", ""])(
    "is none for: %s",
    (command) => {
      expect(toolOfCommand(command.split(" "))).toBeUndefined();
    },
  );
});
