// A server over TLS as a process of its own (service.mjs starts it). Told by a line on its standard input, with whose
// end it ends; says {"origin":"https://localhost:…","caFile":"…"}.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { makeCertificate } from "../tests/fixtures/network/certificate.mjs";

/** @param answerAs from what it is told to what answers a request */
export function serveTls(answerAs) {
  const directory = mkdtempSync(join(tmpdir(), "toolbench-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const { ca, key, cert } = makeCertificate();
  const caFile = join(directory, "ca.pem");
  writeFileSync(caFile, ca);
  createInterface({ input: process.stdin })
    .once("close", () => process.exit())
    .once("line", (line) => {
      const server = createServer({ key, cert }, answerAs(JSON.parse(line)));
      server.keepAliveTimeout = 60_000;
      server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ origin: `https://localhost:${server.address().port}`, caFile })}\n`));
    });
}
