/** `gateway.json` in the configuration directory: the port, and the phantoms that are valid. No secrets. */
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import * as z from "zod/mini";
import { KEPT_PHANTOMS } from "../../protocols/tools.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { HOLDERS, KEPT, type Permit, type RouteUpstream, type ScopePlace } from "../../core/gateway/permit.ts";
import { replaceFile, replaceSoon } from "../../platform/files/durable-file.ts";
import type { Paths } from "../../platform/paths.ts";
import { textOfFile, textOfOwnFile } from "../../platform/files/regular-file.ts";
import { assertNotAnothers, checkOnlyWeWrite } from "../../platform/files/private-directory.ts";
import { addressing, place, routes, ways, type ShapeOf } from "./permit-schema.ts";
import type { Phantom } from "./phantoms.ts";
import { isSealed, sealOf } from "./signature.ts";

/** Not where systems draw ports for clients (32768 and up on Linux), nor where servers usually are. */
const PORTS = { from: 21_000, to: 29_000 } as const;

/** Of thousands of phantoms. */
const MAX_BYTES = 16 * 1024 * 1024;

const upstream = z.strictObject({ caFiles: z.array(z.string()), ...ways } satisfies ShapeOf<Permit["upstream"]>);
const phantom = z.strictObject({
  id: z.string(),
  hash: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  tool: z.string(),
  purpose: z.string(),
  permit: z.strictObject({
    addressing,
    holder: z.enum(HOLDERS),
    replacement: z.exactOptional(
      z.union([z.strictObject({ file: z.string() }), z.strictObject({ package: z.string(), version: z.exactOptional(z.string()) })]),
    ),
    publishes: z.boolean(),
    routes,
    upstream,
    ways: z.exactOptional(z.record(z.string(), upstream)),
    scope: z.exactOptional(z.array(z.strictObject({ tool: z.string(), target: place } satisfies ShapeOf<ScopePlace>))),
  } satisfies ShapeOf<Permit>),
  starter: z.pipe(
    z.optional(z.strictObject({ pid: z.number(), startTime: z.string() })),
    z.transform((starter) => starter),
  ),
  issuedAt: z.string(),
  expiresAt: z.string(),
  isEnded: z.boolean(),
  session: z.exactOptional(z.string()),
  seal: z._default(z.string(), ""),
} satisfies ShapeOf<Phantom>);
const document = z.strictObject({ port: z.int().check(z.minimum(1), z.maximum(65_535)), phantoms: z.array(phantom) });

/** What is kept of the gateway. */
export interface GatewayFile {
  readonly port: number;
  readonly phantoms: readonly Phantom[];
}

/** @throws Failure `damaged` if it is not what it should be, `denied` if others can write to it */
export async function readGatewayFile(paths: Paths): Promise<GatewayFile | undefined> {
  const { gatewayFile: file } = paths;
  await checkOnlyWeWrite(file);
  let text: string;
  try {
    text = await textOfFile(file, MAX_BYTES);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw new Failure("unavailable", `cannot read ${file}: ${systemErrorCode(error) ?? "unknown error"}`, { cause: error });
  }
  const value = parseJson(text);
  // What a power cut may leave of one that was not on the disk yet: it has ended all commands.
  if (value === undefined && !/\n\}\s*$/.test(text)) return undefined;
  const parsed = document.safeParse(value);
  if (parsed.success) return { port: parsed.data.port, phantoms: parsed.data.phantoms.map((kept) => ({ ...kept, starter: kept.starter })) };
  throw new Failure("damaged", `${file} is not what it should be`, {
    hint: `delete it; ${KEPT_PHANTOMS.map(({ title, again }) => `${title} then needs '${again}' again, if that was set up`).join("; ")}`,
  });
}

/** Whether a phantom that was read is as a daemon of this vault wrote it. */
export function isOurs({ seal, ...phantom }: Phantom, key: Buffer): boolean {
  return seal !== undefined && isSealed(phantom, seal, key);
}

/**
 * @param key undefined while the vault has not been open: what is new then has no seal
 *
 * Phantoms whose proxy wants a login, or whose host wants headers, are left out: these are secrets, and they are of no use without them.
 *
 * @throws Failure `unavailable` if it can't be written, `denied` if others can write to the directory
 */
export async function writeGatewayFile(paths: Paths, kept: GatewayFile, key: Buffer | undefined): Promise<void> {
  try {
    await write(paths, kept, key);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `cannot write ${paths.gatewayFile}: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: "'toolkey run --direct' does without",
      cause: error,
    });
  }
}

async function write(paths: Paths, { port, phantoms }: GatewayFile, key: Buffer | undefined): Promise<void> {
  // People make it by hand, for config.toml: others may look into it.
  await assertNotAnothers(paths.config);
  // Most often it is there: to see that takes no turn of the event loop.
  if (!existsSync(paths.config)) await mkdir(paths.config, { recursive: true, mode: 0o700 });
  await checkOnlyWeWrite(paths.config);
  const kept = phantoms
    .filter((each) => !holdsSecret(each))
    .map((each) => (each.seal !== undefined || key === undefined ? each : { ...each, seal: sealOf(each, key) }));
  const text = `${JSON.stringify({ port, phantoms: kept }, undefined, 1)}\n`;
  // A power cut ends all commands, but not what is in settings: neither is that forgotten, nor is one valid again that was revoked.
  const lasts = kept.some(({ permit }) => permit.holder === KEPT) || lastsNow(paths.gatewayFile);
  if (lasts) await replaceFile(paths.gatewayFile, Buffer.from(text));
  else replaceSoon(paths.gatewayFile, text);
}

/** Whether what is there may have a phantom that is in settings. Anybody may have put anything there. */
function lastsNow(file: string): boolean {
  try {
    const { phantoms } = JSON.parse(textOfOwnFile(file, MAX_BYTES)) as GatewayFile;
    return phantoms.some(({ permit }) => permit.holder === KEPT);
  } catch (error) {
    return systemErrorCode(error) !== "ENOENT";
  }
}

function holdsSecret({ permit: { upstream, routes } }: Phantom): boolean {
  const all: readonly RouteUpstream[] = [upstream, ...routes.map((route) => route.upstream ?? {})];
  return all.some(
    ({ httpProxy, httpsProxy, headers }) => headers !== undefined || [httpProxy, httpsProxy].some((proxy) => proxy?.includes("@") === true),
  );
}

/** A port for good. */
export function drawPort(): number {
  return randomInt(PORTS.from, PORTS.to);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
