// A registry of one image with one layer of so many bytes, over TLS, that wants a login. Told {"username","password","bytes"} (tls-service.mjs).
import { createHash } from "node:crypto";
import { serveTls } from "./tls-service.mjs";

const TYPE = "application/vnd.oci.image";
const PIECE = Buffer.alloc(1024 * 1024, "a layer of a benchmark");

serveTls(({ username, password, bytes }) => {
  const pieces = Math.ceil(bytes / PIECE.length);
  const hash = createHash("sha256");
  for (let count = 0; count < pieces; count += 1) hash.update(PIECE);
  const digestOf = (data) => `sha256:${createHash("sha256").update(data).digest("hex")}`;
  const layer = { mediaType: `${TYPE}.layer.v1.tar`, digest: `sha256:${hash.digest("hex")}`, size: pieces * PIECE.length };
  const config = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [layer.digest] } }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${TYPE}.manifest.v1+json`,
      config: { mediaType: `${TYPE}.config.v1+json`, digest: digestOf(config), size: config.length },
      layers: [layer],
    }),
  );
  const login = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return (request, response) => {
    const send = (type, data, more = {}) => response.writeHead(200, { "content-type": type, "content-length": data.length, ...more }).end(data);
    if (request.headers.authorization !== login) response.writeHead(401, { "www-authenticate": 'Basic realm="bench"', "content-length": 0 }).end();
    else if (request.url === "/v2/") send("application/json", Buffer.from("{}"));
    else if (request.url.includes("/manifests/")) send(`${TYPE}.manifest.v1+json`, manifest, { "docker-content-digest": digestOf(manifest) });
    else if (request.url.endsWith(digestOf(config))) send("application/octet-stream", config);
    else if (!request.url.endsWith(layer.digest)) response.writeHead(404, { "content-length": 0 }).end();
    else {
      response.writeHead(200, { "content-type": "application/octet-stream", "content-length": layer.size });
      let left = pieces;
      const more = () => {
        while (left > 0) {
          left -= 1;
          if (!response.write(PIECE)) return response.once("drain", more);
        }
        response.end();
      };
      more();
    }
  };
});
