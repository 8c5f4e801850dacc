import type { Tool } from "../tool.ts";
import { CRATES_IO, CRATES_IO_HOSTS, SPARSE } from "./index-url.ts";
import { RUNS_PROJECT } from "./words.ts";

export const cargo: Tool = {
  programs: ["cargo"],
  variables: "CARGO_HOME|CARGO_REGISTRIES_.*_INDEX|CARGO_REGISTRY_DEFAULT|CARGO_HTTP_(PROXY|CAINFO)|RUSTUP_TOOLCHAIN",
  names: [[CRATES_IO_HOSTS, CRATES_IO]],
  urlPrefix: SPARSE,
  presentsBare: true,
  saysAim: true,
  helper: {
    name: "cargo-credential-toolkey",
    greeting: '{"v":[1]}',
    failed: String.raw`{"Err":{"kind":"other","message":"toolkey: %s","caused-by":[]}}\n`,
  },
  credentials: async () => (await import("./credential-protocol.ts")).cargoCredentials,
  sessions: RUNS_PROJECT,
  protocol: async () => (await import("./plan.ts")).cargo,
  requests: async () => (await import("./requests.ts")).CRATES,
};
