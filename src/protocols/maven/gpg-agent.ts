/**
 * How Maven 4 asks for a password: `masterSourceLookup` with a `gpg-agent:` source opens a socket of its own for
 * each server and speaks as much of Assuan as gpg-agent needs. Source: GpgAgentMasterSource.java of
 * plexus-sec-dispatcher 4.1.0, which Maven 4.0.0-rc-6 has.
 *
 *     ← OK Pleased to meet you
 *     → OPTION display=:0              if DISPLAY is set; OPTION ttytype=… if TERM is
 *     ← OK
 *     → GET_PASSPHRASE --no-ask plexus:secDispatcherMasterPassword X Maven+Master+Password …
 *     ← OK 53334352                    the password, as the hexadecimal digits of its bytes
 *
 * Each server is asked for at each start, and whatever is not OK ends Maven: so that there are no errors here.
 */
import { Secret } from "../../core/secret.ts";

/** What is said first. */
export const GREETING = "OK Pleased to meet you\n";

/** What is said to whatever needs no more. */
export const YES = "OK\n";

/**
 * Stands in for a password that can't be had: no server takes it, and Maven goes on until one answers 401.
 */
export const NO_TOKEN = new Secret("toolkey-has-no-token-for-this-place");

/** Longer lines are no command that Maven sends; Assuan allows 1000 bytes, but a variable goes into them unchecked. */
const MAX_LINE_CHARACTERS = 8192;

/** What a command is to be answered with. */
export type Reply = "yes" | "password" | "end";

/** The commands of one client, out of bytes that arrive in whatever pieces. */
export class Commands {
  #begun = "";
  #isTooLong = false;

  /** The replies to the lines that are whole now, in their order. */
  read(bytes: Uint8Array): Reply[] {
    const lines = new TextDecoder("latin1").decode(bytes).split("\n");
    const replies: Reply[] = [];
    for (const [index, piece] of lines.entries()) {
      if (index > 0) replies.push(this.#finish());
      if (this.#begun.length + piece.length > MAX_LINE_CHARACTERS) this.#isTooLong = true;
      this.#begun = this.#isTooLong ? "" : this.#begun + piece;
    }
    return replies;
  }

  #finish(): Reply {
    const reply = this.#isTooLong ? "yes" : replyTo(this.#begun);
    this.#begun = "";
    this.#isTooLong = false;
    return reply;
  }
}

/** The line that answers with a password. */
export function renderPassword(password: Secret): string {
  const digits = [...new TextEncoder().encode(password.reveal())].map((byte) => byte.toString(16).padStart(2, "0"));
  return `OK ${digits.join("").toUpperCase()}\n`;
}

function replyTo(line: string): Reply {
  const [command] = line.trim().toUpperCase().split(/\s/, 1);
  if (command === "GET_PASSPHRASE") return "password";
  return command === "BYE" ? "end" : "yes";
}
