import { describeThroughGateway } from "./gateway-client.ts";

describeThroughGateway("npm", [10, 11, 12], {
  frozen: ["ci"],
  whoami: ["whoami"],
  publish: ["publish"],
  lockFile: "package-lock.json",
  nested: ["true && cd mine && npm install extra", "true && cd mine && npm install @root/thing"],
  defaultRegistry: (url) => ({ npm_config_registry: `${url}/` }),
});
