// The least that a gateway could be: plain HTTP on loopback, TLS and kept connections to the host, one header replaced.
// Told by its standard input, with whose end it ends: {"token":"…","origin":"https://…","caFile":"…"}. Says {"url":"http://…"}.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Agent, request as ask } from "node:https";
import { createInterface } from "node:readline";

const input = createInterface({ input: process.stdin }).once("close", () => process.exit());
input.once("line", (line) => {
  const { token, origin, caFile } = JSON.parse(line);
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true, ca: readFileSync(caFile) });
  const server = createServer((request, response) => {
    const headers = { ...request.headers, host: `${hostname}:${port}`, authorization: `Bearer ${token}` };
    const outgoing = ask({ agent, hostname, port, path: request.url, method: request.method, headers }, (incoming) => {
      response.writeHead(incoming.statusCode, incoming.headers);
      incoming.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    request.pipe(outgoing);
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}`, pid: process.pid })}\n`));
});
