import { describeClients } from "./registry-client.ts";

describeClients("yarn", {
  4: () => ({
    frozen: ["install", "--immutable"],
    whoami: ["npm", "whoami", "--scope", "acme"],
    publish: ["npm", "publish"],
    lockFile: "yarn.lock",
    hidden: true,
    // Yarn asks without credentials for names without a scope, unless it is told so.
    configuration: { npmAlwaysAuth: true },
  }),
}, {}, {
  1: (_acme, rest) => ({
    frozen: ["install", "--frozen-lockfile"],
    whoami: undefined,
    publish: ["publish", "--non-interactive", "--no-git-tag-version"],
    lockFile: "yarn.lock",
    hidden: false,
    // A registry of .npmrc is forgotten by the Yarn in a script of Yarn.
    yarnrc: `registry "${rest}/"\n`,
  }),
});
