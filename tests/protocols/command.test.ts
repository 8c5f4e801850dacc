import { describe, expect, it } from "vitest";
import { toolOfCommand } from "../../src/protocols/command.ts";

describe("the tool of a command", () => {
  it.each<[command: string, tool: string, argv: string[]]>([
    ["mvn deploy", "maven", ["deploy"]],
    ["mvnw -B verify", "maven", ["-B", "verify"]],
    ["./mvnw", "maven", []],
    ["/opt/maven/bin/mvn --version", "maven", ["--version"]],
    ["npm ci", "npm", ["ci"]],
    ["npx cowsay", "npm", ["cowsay"]],
    ["pnpm install", "pnpm", ["install"]],
    ["pnpx cowsay", "pnpm", ["cowsay"]],
    ["yarn", "yarn", []],
    ["yarnpkg add x", "yarn", ["add", "x"]],
    ["bun install", "bun", ["install"]],
    ["bunx cowsay", "bun", ["cowsay"]],
    ["nuxeoctl register a b", "nuxeoctl", ["register", "a", "b"]],
    ["../server/bin/nuxeoctl start", "nuxeoctl", ["start"]],
    ["node /usr/lib/node_modules/npm/bin/npm-cli.js ci", "npm", ["ci"]],
    ["/usr/bin/node npx-cli.js x", "npm", ["x"]],
    ["node --no-warnings ./node_modules/pnpm/bin/pnpm.cjs i --x", "pnpm", ["i", "--x"]],
    ["nodejs .yarn/releases/yarn-4.18.1.cjs install", "yarn", ["install"]],
    ["node yarn.js", "yarn", []],
  ])("%s", (command, tool, argv) => {
    expect(toolOfCommand(command.split(" "))).toEqual({ tool, arguments: argv });
  });

  it.each(["true", "sh -c npm", "npmx ci", "my-npm", "node", "node build.js npm-cli.js", "node -r ./x.js npm-cli.js", "node -e npm", "toString", "constructor", ""])(
    "is none for: %s",
    (command) => {
      expect(toolOfCommand(command.split(" "))).toBeUndefined();
    },
  );
});
