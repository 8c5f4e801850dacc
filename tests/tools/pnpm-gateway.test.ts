import { describeThroughGateway } from "./gateway-client.ts";

describeThroughGateway("pnpm", [10, 11, 12], {
  frozen: ["install", "--frozen-lockfile"],
  whoami: ["whoami"],
  publish: ["publish", "--no-git-checks"],
  lockFile: "pnpm-lock.yaml",
  nested: ["true && cd mine && pnpm add extra", "true && cd mine && pnpm add @root/thing"],
  defaultRegistry: (url) => ({ npm_config_registry: `${url}/`, pnpm_config_registry: `${url}/` }),
});
