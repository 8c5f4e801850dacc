/** Sends one request and keeps its answer, whatever becomes of the daemon that has started this process (kept-answers.ts). */
import { fsyncSync, readFileSync, writeSync } from "node:fs";
import { Secret } from "../../core/secret.ts";
import { httpClient, type Authorization } from "../../issuers/http.ts";
import { hardenProcess } from "../../platform/libc.ts";
import type { RenewalRequest } from "./kept-answers.ts";
import { sealAnswer } from "./sealed-answer.ts";

const FILE_DESCRIPTOR = 3;

async function main(): Promise<void> {
  process.title = "toolkey-renewal";
  hardenProcess();
  const { name, key, request, proxies, certificates } = JSON.parse(readFileSync(0, "utf8")) as RenewalRequest;
  const settings = { environment: proxies, caFile: "given", certificates: { version: 0, trustedIn: () => Promise.resolve(certificates) } };
  const answer = await httpClient(settings).send({
    ...request,
    authorization: request.authorization && authorizationOf(request.authorization),
    secrets: request.secrets.map((secret) => new Secret(secret)),
  });
  writeSync(FILE_DESCRIPTOR, sealAnswer(answer, Buffer.from(key, "base64"), name));
  fsyncSync(FILE_DESCRIPTOR);
}

function authorizationOf({ scheme, username = "", secret }: NonNullable<RenewalRequest["request"]["authorization"]>): Authorization {
  return scheme === "Bearer" ? { scheme, secret: new Secret(secret) } : { scheme, username, secret: new Secret(secret) };
}

void main();
