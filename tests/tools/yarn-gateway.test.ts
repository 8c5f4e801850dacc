import { describeThroughGateway } from "./gateway-client.ts";

describeThroughGateway("yarn", [4], {
  frozen: ["install", "--immutable"],
  whoami: ["npm", "whoami", "--scope", "root"],
  publish: ["npm", "publish"],
  lockFile: "yarn.lock",
  nested: ["cd mine && yarn add extra", "cd mine && yarn add @root/thing"],
  defaultRegistry: () => ({}),
});
