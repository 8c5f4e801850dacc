/** Sends one request and keeps its answer, whatever becomes of the daemon that has started this process (kept-answers.ts). */
import { fsyncSync, readFileSync, writeSync } from "node:fs";
import { Secret } from "../../core/secret.ts";
import { httpClient, type Authorization } from "../../issuers/http.ts";
import { hardenProcess } from "../../platform/libc.ts";
import type { RenewalRequest } from "./kept-answers.ts";
import { systemErrorCode } from "../../core/failure.ts";
import { NO_ROOM } from "./kept-answers.ts";
import { sealAnswer } from "./sealed-answer.ts";

const FILE_DESCRIPTOR = 3;
/** More than an answer with tokens has. */
const ROOM_BYTES = 64 * 1024;

async function main(): Promise<void> {
  process.title = "toolkey-renewal";
  hardenProcess();
  const { name, key, request, proxies, certificates } = JSON.parse(readFileSync(0, "utf8")) as RenewalRequest;
  // What is written later must have its room before anything is asked for.
  try {
    write(Buffer.alloc(ROOM_BYTES));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    process.exitCode = NO_ROOM;
    return;
  }
  const trust = { version: 0, everywhere: [], trustedIn: () => Promise.resolve(certificates) };
  const settings = { environment: proxies, caFile: "given", certificates: trust };
  const answer = await httpClient(settings).send({
    ...request,
    authorization: request.authorization && authorizationOf(request.authorization),
    secrets: request.secrets.map((secret) => new Secret(secret)),
  });
  write(sealAnswer(answer, Buffer.from(key, "base64"), name));
}

/** From the beginning of the file, to the disk. @throws what the system throws */
function write(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(FILE_DESCRIPTOR, bytes, at, bytes.length - at, at);
  fsyncSync(FILE_DESCRIPTOR);
}

function authorizationOf({ scheme, username = "", secret }: NonNullable<RenewalRequest["request"]["authorization"]>): Authorization {
  return scheme === "Bearer" ? { scheme, secret: new Secret(secret) } : { scheme, username, secret: new Secret(secret) };
}

main().catch(() => {
  process.exitCode = 1;
});
