import { describeClients } from "./registry-client.ts";

describeClients("bun", {
  1: (registry) => ({
    frozen: ["install", "--frozen-lockfile"],
    whoami: ["pm", "whoami", `--registry=${registry}/`],
    publish: ["publish"],
    lockFile: "bun.lock",
    hidden: false,
  }),
});
