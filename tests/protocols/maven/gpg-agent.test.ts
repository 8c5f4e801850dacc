/** What Maven 4 says to a gpg-agent, and what it hears: GpgAgentMasterSource of plexus-sec-dispatcher 4.1.0. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/core/secret.ts";
import { Commands, GREETING, NO_TOKEN, renderPassword, YES } from "../../../src/protocols/maven/gpg-agent.ts";

const ASK =
  "GET_PASSPHRASE --no-ask plexus:secDispatcherMasterPassword X Maven+Master+Password Please+enter+your+Maven+master+password+to+use+it+for+decrypting+Maven+Settings\n";
const DIALOGUE = `OPTION display=:0\nOPTION ttytype=xterm-256color\n${ASK}`;

function read(...packets: readonly string[]): string[] {
  const commands = new Commands();
  return packets.flatMap((packet) => commands.read(Buffer.from(packet, "latin1")));
}

describe("commands", () => {
  it("are those of Maven, with and without its options, and interactive", () => {
    expect(read(DIALOGUE)).toEqual(["yes", "yes", "password"]);
    expect(read(ASK)).toEqual(["password"]);
    expect(read(ASK.replace(" --no-ask", ""))).toEqual(["password"]);
  });

  it("may come in any pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(DIALOGUE.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), DIALOGUE.length];
        const packets = at.slice(1).map((end, index) => DIALOGUE.slice(at[index], end));
        expect(read(...packets)).toEqual(["yes", "yes", "password"]);
      }),
    );
  });

  it.each(["", "NOP", "RESET", "GETINFO version", "HAVEKEY 00", "# a comment", "GET_PASSPHRASEX a", "\u00ff\u0000"])("that nobody knows are no error: %j", (line) => {
    expect(read(`${line}\n`)).toEqual(["yes"]);
  });

  it("may end as on other systems, and be written in small letters", () => {
    expect(read("get_passphrase a X b c\r\nBYE\r\n")).toEqual(["password", "end"]);
  });

  it("that are too long are answered once, at their end", () => {
    const long = "x".repeat(7000);
    expect(read(long, long, long)).toEqual([]);
    expect(read(long, long, `GET_PASSPHRASE\n${ASK}`)).toEqual(["yes", "password"]);
    expect(read(`OPTION ttytype=${"t".repeat(5000)}\n`)).toEqual(["yes"]);
  });

  it("without their end are none", () => {
    expect(read(ASK.trimEnd())).toEqual([]);
  });

  it("whatever the bytes are, there are as many replies as lines", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (packets) => {
        const commands = new Commands();
        const replies = packets.flatMap((packet) => commands.read(packet));
        expect(replies.length).toBe(packets.flatMap((packet) => [...packet]).filter((byte) => byte === 10).length);
      }),
    );
  });
});

describe("answers", () => {
  it("begin with OK, each of them", () => {
    for (const line of [GREETING, YES, renderPassword(NO_TOKEN), renderPassword(new Secret(""))]) expect(line).toMatch(/^OK[^\n]*\n$/);
  });

  it("hold the password as Java's HexFormat reads it", () => {
    const password = "pässword &<>\"'\u{1F511}";
    const [, digits = ""] = /^OK ([0-9A-F]*)\n$/.exec(renderPassword(new Secret(password))) ?? [];
    expect(Buffer.from(digits, "hex").toString("utf8")).toBe(password);
    expect(renderPassword(new Secret("S3CRET\u0001"))).toBe("OK 53334352455401\n");
  });
});
