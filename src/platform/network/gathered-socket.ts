/**
 * Reads from a connection in large pieces, of memory that is used again: TLS comes in records of 16 KB, and to take
 * each by itself, in memory of its own, costs more than to decrypt it.
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** The most that a TLS record holds (RFC 8446 §5.1), in bytes. */
const RECORD = 16 * 1024;
const PIECE = 16 * RECORD;
/** There are no more, however many connections there are; who gets none reads record by record. */
const MAX_PIECES = 32;
/** Records in a row that are full make a large body; the head of an answer, and a small one, are not worth a piece. */
const FULL_BEFORE_PIECE = 4;

/** Where every connection reads to, and leaves nothing: what comes is taken away at once. */
const LANDING = Buffer.allocUnsafeSlow(RECORD);

const spare: Buffer[] = [];
/** How many bytes were handed out of the pieces that did not come back. */
const filled = new WeakMap<ArrayBufferLike, number>();
let pieces = 0;
const lost = new FinalizationRegistry(() => (pieces -= 1));

/**
 * To be called when nothing reads this chunk of a body any more: its memory gets other contents. Of no effect for what is
 * not all of a piece: somebody else may have the rest.
 */
export function giveBack(chunk: Buffer): void {
  if (filled.get(chunk.buffer) !== chunk.length) return;
  filled.delete(chunk.buffer);
  spare.push(Buffer.from(chunk.buffer));
}

function takePiece(): Buffer | undefined {
  const piece = spare.pop();
  if (piece !== undefined || pieces === MAX_PIECES) return piece;
  pieces += 1;
  const fresh = Buffer.allocUnsafeSlow(PIECE);
  lost.register(fresh.buffer, undefined);
  return fresh;
}

/** What `net.connect` and `tls.connect` are to be given for a socket that is to be gathered. */
export interface Gatherable {
  readonly onread: {
    readonly buffer: Buffer;
    /** @returns whether to go on reading */
    readonly callback: (bytes: number) => boolean;
  };
}

/** @param gathered the stream of this socket, once there is one: nothing comes before it is connected */
export function gatherable(gathered: () => GatheredSocket | undefined): Gatherable {
  return { onread: { buffer: LANDING, callback: (bytes) => gathered()?.land(bytes) ?? false } };
}

/** A connection that was opened with `gatherable`. */
export class GatheredSocket extends Duplex {
  readonly #socket: Socket;
  #piece: Buffer | undefined;
  /** Bytes in the piece. */
  #gathered = 0;
  /**
   * The last piece that was handed out. While it is not back, its reader is slow, or has not seen all of it as one. Weak, since
   * one that never comes back must be collected, or idle connections had all of them.
   */
  #last: WeakRef<ArrayBufferLike> | undefined;
  #fullRecords = 0;
  /** How the connection was closed. Heard when all that came before has been read. */
  #closed: { readonly error: Error | undefined } | undefined;

  constructor(socket: Socket) {
    // Chunks are objects, as it were: `read()` would put several together, in memory of its own.
    super({ allowHalfOpen: false, readableObjectMode: true, readableHighWaterMark: 2, decodeStrings: false });
    this.#socket = socket;
    socket.once("end", () => {
      this.#handOut();
      this.push(null);
    });
    socket.on("error", (error) => this.#close(error));
    socket.once("close", () => this.#close(undefined));
  }

  /** Takes what has landed. @returns whether there may come more */
  land(bytes: number): boolean {
    this.#fullRecords = bytes === RECORD ? this.#fullRecords + 1 : 0;
    if (this.#piece === undefined && this.#fullRecords > FULL_BEFORE_PIECE) this.#begin();
    if (this.#piece === undefined) {
      const chunk = Buffer.allocUnsafe(bytes);
      LANDING.copy(chunk, 0, 0, bytes);
      return this.push(chunk);
    }
    LANDING.copy(this.#piece, this.#gathered, 0, bytes);
    this.#gathered += bytes;
    return PIECE - this.#gathered >= RECORD || this.#handOut();
  }

  /** Keeps the process running, as a socket does. */
  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  /**
   * Also what is in a piece that is not full yet: before it uses a connection again, undici looks whether there is an answer
   * that nothing was asked for (GHSA-35p6-xmwp-9g52).
   */
  override read(size?: number): Buffer | null {
    // The stream's own way to ask for more, whether somebody reads or not.
    if (size === 0) return super.read(0) as null;
    this.#handOut();
    const chunk = super.read(size) as Buffer | null;
    if (chunk === null && this.#closed !== undefined) this.destroy(this.#closed.error);
    return chunk;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(chunk, encoding, unlessFailed(done));
  }

  override _writev(chunks: readonly { chunk: Buffer | string; encoding: BufferEncoding }[], done: () => void): void {
    this.#socket.cork();
    for (const [index, { chunk, encoding }] of chunks.entries())
      this.#socket.write(chunk, encoding, index === chunks.length - 1 ? unlessFailed(done) : undefined);
    this.#socket.uncork();
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #close(error: Error | undefined): void {
    this.#closed ??= { error };
    // Whoever waits for more reads, and hears it.
    this.emit("readable");
  }

  #begin(): void {
    const last = this.#last?.deref();
    if (last !== undefined && filled.has(last)) return;
    this.#piece = takePiece();
    // At the latest when all has been read that is here by now.
    if (this.#piece !== undefined) setImmediate(() => this.#handOut());
  }

  #handOut(): boolean {
    const piece = this.#piece;
    if (piece === undefined) return true;
    this.#piece = undefined;
    const chunk = piece.subarray(0, this.#gathered);
    this.#gathered = 0;
    filled.set(chunk.buffer, chunk.length);
    this.#last = new WeakRef(chunk.buffer);
    return this.push(chunk);
  }
}

/** What went wrong is heard from the socket itself, after all that came before. */
function unlessFailed(done: () => void): (error?: Error | null) => void {
  return (error) => {
    if (!error) done();
  };
}
