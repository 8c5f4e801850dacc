// A registry of Cargo's over TLS that wants a token, with crates that it has in memory. Told {"token":"…","crates":["…"]} (tls-service.mjs).
import { cargoRegistry } from "../tests/fixtures/registries/cargo-registry.mjs";
import { serveTls } from "./tls-service.mjs";

/** As large as many are, with what can't be compressed. */
const TEXT = Array.from({ length: 3000 }, (_, line) => `// ${(line * 2_654_435_761) % 4_294_967_296} ${(line * 40_503) % 65_536}\n`).join("");

serveTls(({ token, crates }) => {
  const registries = [{ tokens: [{ name: "bench", value: token }] }];
  return cargoRegistry({ scheme: "https", registries, crates: crates.map((name) => ({ name, files: { "src/lib.rs": TEXT } })) }).listener;
});
