/** Whose one TCP connection is, asked of the kernel: sock_diag(7). Reading the table of all takes it a hundred times as long. Pure. */
import type { ConnectionEnd } from "../processes/process-table.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_TCP = 6;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const ALL_STATES = 0xffff_ffff;
/** Of tcp_states.h: from ESTABLISHED to the end. Who listens, or still connects, is at no end of a connection. */
const CONNECTED: ReadonlySet<number> = new Set([1, 4, 5, 6, 8, 9, 11]);

/** `nlmsghdr`, netlink(7), then `inet_diag_req_v2` or `inet_diag_msg`. */
const HEADER_BYTES = 16;
const QUESTION_BYTES = HEADER_BYTES + 56;
const ANSWER_BYTES = HEADER_BYTES + 72;
const STATE = HEADER_BYTES + 1;
/** `inet_diag_sockid`, of a question and of an answer: ports and addresses, then the interface and a cookie. */
const SOCKET_ID = { ofQuestion: HEADER_BYTES + 8, ofAnswer: HEADER_BYTES + 4, bytes: 36 } as const;
const COOKIE_BYTES = 8;
const UID = HEADER_BYTES + 64;
const INODE = HEADER_BYTES + 68;

export type AddressAndPort = readonly [address: string, port: number];

/** The message that asks for the end `local` of a connection of IPv4 with `remote`. */
export function questionFor(local: AddressAndPort, remote: AddressAndPort): Buffer {
  const question = Buffer.alloc(QUESTION_BYTES);
  question.writeUInt32LE(QUESTION_BYTES, 0);
  question.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  question.writeUInt16LE(NLM_F_REQUEST, 6);
  question.writeUInt8(AF_INET, HEADER_BYTES);
  question.writeUInt8(IPPROTO_TCP, HEADER_BYTES + 1);
  question.writeUInt32LE(ALL_STATES, HEADER_BYTES + 4);
  question.set(socketId(AF_INET, local, remote), SOCKET_ID.ofQuestion);
  // INET_DIAG_NOCOOKIE of linux/inet_diag.h.
  question.fill(0xff, QUESTION_BYTES - COOKIE_BYTES);
  return question;
}

/** What the answer tells of that end; inode 0 if it has ended (TIME_WAIT). Undefined if there is none, or the kernel doesn't tell. */
export function endIn(answer: Buffer, local: AddressAndPort, remote: AddressAndPort): ConnectionEnd | undefined {
  if (answer.length < ANSWER_BYTES || answer.readUInt16LE(4) !== SOCK_DIAG_BY_FAMILY) return undefined;
  // A socket of IPv6 can have such a connection, as those of JVMs do. Where there is none, it tells of one who listens at the port.
  const id = socketId(answer.readUInt8(HEADER_BYTES), local, remote);
  const isOther = !id.equals(answer.subarray(SOCKET_ID.ofAnswer, SOCKET_ID.ofAnswer + SOCKET_ID.bytes));
  if (isOther || !isConnected(answer.readUInt8(STATE))) return undefined;
  return { uid: answer.readUInt32LE(UID), inode: String(answer.readUInt32LE(INODE)) };
}

/**
 * Whether a socket in a state of TCP is, or was, at an end of a connection. One that still connects may have the addresses of another
 * one's connection, where that is bound to an interface: SO_BINDTODEVICE of socket(7).
 */
export function isConnected(state: number): boolean {
  return CONNECTED.has(state);
}

/** `inet_diag_sockid` up to its addresses; those of IPv6 are the ones of IPv4, mapped. */
function socketId(family: number, local: AddressAndPort, remote: AddressAndPort): Buffer {
  const id = Buffer.alloc(SOCKET_ID.bytes);
  [local, remote].forEach(([address, port], end) => {
    const at = 4 + 16 * end;
    id.writeUInt16BE(port, 2 * end);
    if (family === AF_INET6) id.fill(0xff, at + 10, at + 12);
    id.set(address.split(".").map(Number), family === AF_INET6 ? at + 12 : at);
  });
  return id;
}
