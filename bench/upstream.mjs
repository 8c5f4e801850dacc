// A host that wants a token, over TLS: /small has 1 KB, /large 1 GB. Told by its standard input, with whose end it
// ends: {"token":"…"}. Says {"origin":"https://localhost:…","caFile":"…"}.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { makeCertificate } from "../tests/fixtures/certificate.mjs";

const SMALL = Buffer.alloc(1024, "small ");
const PIECE = Buffer.alloc(256 * 1024, "large ");
const LARGE = 1e9;

const directory = mkdtempSync(join(tmpdir(), "toolbench-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
const { ca, key, cert } = makeCertificate();
const caFile = join(directory, "ca.pem");
writeFileSync(caFile, ca);

const input = createInterface({ input: process.stdin }).once("close", () => process.exit());
input.once("line", (line) => {
  const { token } = JSON.parse(line);
  const server = createServer({ key, cert }, (request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(401, { "content-length": 0 }).end();
    else if (request.url === "/small") response.writeHead(200, { "content-type": "application/octet-stream", "content-length": SMALL.length }).end(SMALL);
    else sendLarge(response);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ origin: `https://localhost:${server.address().port}`, caFile })}\n`));
});

function sendLarge(response) {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": LARGE });
  let left = LARGE;
  const send = () => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
      left -= piece.length;
      if (!response.write(piece)) return;
    }
    response.off("drain", send).end();
  };
  response.on("drain", send);
  send();
}
