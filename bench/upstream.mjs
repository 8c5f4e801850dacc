// A host that wants a token, over TLS: /small has 1 KB, /large 1 GB. Told {"token":"…"} (tls-service.mjs).
import { serveTls } from "./tls-service.mjs";

const SMALL = Buffer.alloc(1024, "small ");
const PIECE = Buffer.alloc(256 * 1024, "large ");
const LARGE = 1e9;

serveTls(({ token }) => (request, response) => {
  if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(401, { "content-length": 0 }).end();
  else if (request.url === "/small") response.writeHead(200, { "content-type": "application/octet-stream", "content-length": SMALL.length }).end(SMALL);
  else sendLarge(response);
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
