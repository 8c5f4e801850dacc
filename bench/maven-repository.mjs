// A Maven repository over TLS that wants a login, with what Debian has below /usr/share/maven-repo. Told by its standard
// input, with whose end it ends: {"username":"…","password":"…"}. Says {"url":"https://localhost:…/libs","caFile":"…"}.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { createInterface } from "node:readline";
import { makeCertificate } from "../tests/fixtures/certificate.mjs";

const DEBIAN = "/usr/share/maven-repo";
const PLACE = "/libs";
const SUM = /\.(md5|sha1|sha256|sha512)$/;

const directory = mkdtempSync(join(tmpdir(), "toolbench-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
const { ca, key, cert } = makeCertificate();
const caFile = join(directory, "ca.pem");
writeFileSync(caFile, ca);

const input = createInterface({ input: process.stdin }).once("close", () => process.exit());
input.once("line", (line) => {
  const { username, password } = JSON.parse(line);
  const login = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const server = createServer({ key, cert }, (request, response) => {
    if (request.headers.authorization !== login) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="bench"', "content-length": 0 }).end();
      return;
    }
    const body = contentOf(request.url);
    if (body === undefined) response.writeHead(404, { "content-length": 0 }).end();
    else response.writeHead(200, { "content-type": "application/octet-stream", "content-length": body.length }).end(body);
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ url: `https://localhost:${server.address().port}${PLACE}`, caFile })}\n`));
});

function contentOf(url) {
  const path = normalize(url);
  const [suffix, sum] = SUM.exec(path) ?? [""];
  try {
    const content = readFileSync(join(DEBIAN, path.slice(PLACE.length, path.length - suffix.length)));
    return sum === undefined ? content : Buffer.from(createHash(sum).update(content).digest("hex"));
  } catch {
    return undefined;
  }
}
