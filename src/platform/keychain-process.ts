/** One question to the key store of the system, in a process of its own: OPERATION ACCOUNT, a secret by stdin and stdout. */
import { readFileSync } from "node:fs";
import { AsyncEntry } from "@napi-rs/keyring";
import { hardenProcess } from "./libc.ts";

const SERVICE = "toolkey";

async function main(operation: string, account: string): Promise<void> {
  hardenProcess();
  const entry = new AsyncEntry(SERVICE, account, { linux: { store: "secret-service" } });
  if (operation === "write") await entry.setPassword(readFileSync(0, "utf8"));
  else if (operation === "remove") await entry.deletePassword();
  else process.stdout.write((await entry.getPassword()) ?? "");
}

const [operation = "", account = ""] = process.argv.slice(2);
main(operation, account).catch((error: unknown) => {
  process.stderr.write(error instanceof Error ? error.message : "unknown error");
  process.exitCode = 1;
});
