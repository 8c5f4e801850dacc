import { describeClients, type Habits } from "./registry-client.ts";

const habits = (registry: string): Habits => ({
  frozen: ["install", "--frozen-lockfile"],
  whoami: ["whoami", `--registry=${registry}/`],
  publish: ["publish", "--no-git-checks"],
  lockFile: "pnpm-lock.yaml",
  hidden: false,
});

describeClients("pnpm", { 12: habits }, { 10: habits, 11: habits });
