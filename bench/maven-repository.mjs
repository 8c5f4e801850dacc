// A Maven repository over TLS that wants a login, with what Debian has below /usr/share/maven-repo, at /libs. Told
// {"username":"…","password":"…"} (tls-service.mjs).
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { serveTls } from "./tls-service.mjs";

const DEBIAN = "/usr/share/maven-repo";
const PLACE = "/libs";
const SUM = /\.(md5|sha1|sha256|sha512)$/;

serveTls(({ username, password }) => {
  const login = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return (request, response) => {
    if (request.headers.authorization !== login) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="bench"', "content-length": 0 }).end();
      return;
    }
    const body = contentOf(request.url);
    if (body === undefined) response.writeHead(404, { "content-length": 0 }).end();
    else response.writeHead(200, { "content-type": "application/octet-stream", "content-length": body.length }).end(body);
  };
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
