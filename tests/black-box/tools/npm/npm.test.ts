import { describeClients, type Habits } from "./registry-client.ts";

const habits = (registry: string): Habits => ({
  frozen: ["ci"],
  whoami: ["whoami", `--registry=${registry}/`],
  publish: ["publish"],
  lockFile: "package-lock.json",
  hidden: false,
});

describeClients("npm", { 12: habits }, { 10: habits, 11: habits });
