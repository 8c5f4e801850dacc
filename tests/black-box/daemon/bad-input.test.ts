/**
 * Bad input of any kind: a clear error or the right answer, nothing changed, the daemon lives on, and its
 * log holds nothing of what was sent. First through the real helper, then as bytes on the socket.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { daemonsStarted, logOf, sendOperation, sendRaw, socketOf, vaultHash } from "../../fixtures/processes/daemon-process.ts";
import { inForm, IS_LONG, matrix } from "../../fixtures/form.ts";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";

/** In every request of this file; in no line of the log. */
const CANARY = "C4NARY";
const LOST_LINE_ENDS =
  "toolkey: the credential holds a carriage return or NUL\nhint: lines end with a line feed alone, and no value may hold one of these\n";

const EXAMPLE = "protocol=https\nhost=example.com\n";
const STORED: readonly (readonly [url: string, username: string])[] = [
  ["https://example.com", "alice"],
  ["https://ports.example.com", "default"],
  ["https://ports.example.com:8443", "other"],
  ["https://[::1]:8443", "six"],
  ["https://[2001:db8::1]", "six-default"],
  ["https://users.example.com", "a@b"],
  ["https://users.example.com", "a:b"],
  ["https://users.example.com", "a%40b"],
];

let home: TestHome;
let vault: string;

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  for (const [url, username] of STORED) await home.addGitToken(url, username, secretOf(url, username));
  expectDone(await home.helper("store", "protocol=https\nhost=empty.example.com\nusername=\npassword=\n"));
  vault = vaultHash(home);
});

afterAll(() => home.dispose());

afterEach(async () => {
  const answer = await home.helper("get", EXAMPLE);
  expect(answer).toMatchObject({ code: 0, stdout: `username=alice\npassword=${secretOf("https://example.com", "alice")}\n` });
  expect((await sendOperation(home, "status")).startsWith("ok\n")).toBe(true);
  expect(daemonsStarted(home)).toBe(1);
  expect(vaultHash(home)).toBe(vault);
  const log = readFileSync(logOf(home), "utf8");
  expect(log.split("\n").filter((line) => line.includes(CANARY))).toEqual([]);
});

function secretOf(url: string, username: string): string {
  return `secret of ${username} at ${url}`;
}

describe("the helper refuses", () => {
  const OPERATIONS = ["get", "store", "erase"] as const;
  /** In the short form each row is for one operation, and each operation for every third row. */
  const operationsOf = (index: number): readonly string[] => OPERATIONS.filter((_, number) => IS_LONG || number === index % OPERATIONS.length);

  it.each(matrix<[what: string, input: string | Uint8Array, stderr: string]>([
    ["no input", "", "toolkey: the credential names no protocol\n"],
    ["a blank line alone", "\n", "toolkey: the credential names no protocol\n"],
    ["garbage", `${CANARY} says hello\n`, "toolkey: a line of the credential has no '='\n"],
    ["garbage after good lines", `${EXAMPLE}${CANARY}\n`, "toolkey: a line of the credential has no '='\n"],
    ["binary", Buffer.concat([Buffer.from([0x80, 0xff, 0xfe, 0, 1, 2]), Buffer.from(CANARY)]), "toolkey: the request is not UTF-8 text\n"],
    ["text that is not UTF-8", Buffer.from(`${EXAMPLE}x=${CANARY}é\n`, "latin1"), "toolkey: the request is not UTF-8 text\n"],
    ["10 MB of garbage", CANARY.repeat(10_000_000 / CANARY.length), "toolkey: the request is larger than 1048576 bytes\n"],
    ["lines that end in CRLF", `protocol=https\r\nhost=${CANARY}\r\n`, LOST_LINE_ENDS],
    ["a carriage return within a value", `${EXAMPLE}path=a\rhost=${CANARY}\n`, LOST_LINE_ENDS],
    ["a NUL", `protocol=https\nhost=${CANARY}\0.example.com\n`, LOST_LINE_ENDS],
    ["no protocol", `host=${CANARY}.example.com\n`, "toolkey: the credential names no protocol\n"],
    ["an empty protocol", `protocol=\nhost=${CANARY}.example.com\n`, "toolkey: the credential names no protocol\n"],
    ["a protocol that is none", `protocol=ht ${CANARY}\nhost=example.com\n`, "toolkey: the protocol is not a URL scheme\n"],
    ["no host", "protocol=https\n", "toolkey: there is no host\n"],
    ["neither host nor path", "protocol=cert\n", "toolkey: there is neither a host nor a path\n"],
    ["an empty host", `protocol=https\nhost=\nusername=${CANARY}\n`, "toolkey: there is no host\n"],
    ["a host with a space", `protocol=https\nhost=${CANARY} example.com\n`, "toolkey: the host is malformed\n"],
    ["a host with a user name in it", `protocol=https\nhost=${CANARY}@example.com\n`, "toolkey: the host is malformed\n"],
    ["a host with a slash", `protocol=https\nhost=example.com/${CANARY}\n`, "toolkey: the host is malformed\n"],
    ["an IPv6 host that does not end", `protocol=https\nhost=[::1${CANARY}\n`, "toolkey: the host is malformed\n"],
    ["a port out of range", "protocol=https\nhost=example.com:65536\n", "toolkey: the host is malformed\n"],
    ["port 0", "protocol=https\nhost=example.com:0\n", "toolkey: the host is malformed\n"],
    ["a port that is no number", `protocol=https\nhost=example.com:${CANARY}\n`, "toolkey: the host is malformed\n"],
    ["a url that is none", `url=${CANARY}\n`, "toolkey: the url attribute is not a URL\n"],
    ["a url with an escaped newline", `url=https://${CANARY}%0ahost=evil@example.com/\n`,
      "toolkey: the url attribute holds a newline, carriage return or NUL\n"],
  ], [
    ["10 MB in one value", `${EXAMPLE}x=${CANARY.repeat(10_000_000 / CANARY.length)}\n`, "toolkey: the request is larger than 1048576 bytes\n"],
    ["10 MB in short lines", `${EXAMPLE}${`x=${CANARY}\n`.repeat(10_000_000 / 9)}`, "toolkey: the request is larger than 1048576 bytes\n"],
  ]).map((row, index) => [...row, operationsOf(index)] as const))("%s", async (_what, input, stderr, operations) => {
    for (const operation of operations) {
      // With nothing to keep, store is silent about where it would be kept.
      const complaint = operation === "store" && /protocol|host/.test(stderr) && !/credential holds/.test(stderr) ? "" : stderr;
      const answer = await home.helper(operation, input);
      expect([operation, answer]).toEqual([operation, { code: complaint === "" ? 0 : 1, signal: null, stdout: "", stderr: complaint }]);
    }
  });

  it.each([
    ["no protocol", "host=example.com\n", "toolkey: the credential names no protocol\n"],
    ["a malformed host", "protocol=https\nhost=a b\n", "toolkey: the host is malformed\n"],
    ["a host with a quote", "protocol=https\nhost=a'b\n", "toolkey: the host is malformed\n"],
  ])("to store a secret for %s", async (_what, place, stderr) => {
    const answer = await home.helper("store", `${place}username=alice\npassword=${CANARY}\n`);
    expect(answer).toEqual({ code: 1, signal: null, stdout: "", stderr });
  });

  it.each(["--timeout=99999999999", "--timeout=00000000000000000001"])("%s", async (option) => {
    const stdin = `${EXAMPLE}username=alice\npassword=${CANARY}\n`;
    const answer = await home.run("git-credential-toolkey", [option, "store"], { stdin });
    expect(answer).toMatchObject({ code: 1, stdout: "" });
    expect(answer.stderr).toBe("toolkey: the time to keep a credential is not a number of seconds\n");
  });
});

describe("the helper answers", () => {
  const whole = (url: string, username: string): string => `username=${username}\npassword=${secretOf(url, username)}\n`;
  const alice = whole("https://example.com", "alice");

  it.each<[what: string, request: string, answer: string]>([
    ["a request without a final newline", "protocol=https\nhost=example.com", alice],
    ["a request that ends with several", `${EXAMPLE}\n\n\n`, alice],
    ["what stands before a blank line only", `${EXAMPLE}\nhost=${CANARY}.example.com\n`, alice],
    ["an upper-case host", "protocol=https\nhost=EXAMPLE.Com\n", alice],
    ["an upper-case protocol", "protocol=HTTPS\nhost=example.com\n", alice],
    ["a default port that is written out", "protocol=https\nhost=example.com:443\n", alice],
    ["unknown attributes", `frobnicate=${CANARY}\n${EXAMPLE}unknown[]=${CANARY}\n=${CANARY}\n`, alice],
    ["an attribute whose value has a '='", `${EXAMPLE}x==${CANARY}=\n`, alice],
    ["a host on its own port", "protocol=https\nhost=ports.example.com:8443\n", whole("https://ports.example.com:8443", "other")],
    ["the same host on the default port", "protocol=https\nhost=ports.example.com\n", whole("https://ports.example.com", "default")],
    ["the same host on a port that nobody added", "protocol=https\nhost=ports.example.com:8444\n", ""],
    ["an IPv6 host with a port", "protocol=https\nhost=[::1]:8443\n", whole("https://[::1]:8443", "six")],
    ["an IPv6 host without it", "protocol=https\nhost=[::1]\n", ""],
    ["an IPv6 host in upper case", "protocol=https\nhost=[2001:DB8::1]\n", whole("https://[2001:db8::1]", "six-default")],
    ["another protocol", "protocol=http\nhost=example.com\n", ""],
    ["a user name with an @", "protocol=https\nhost=users.example.com\nusername=a@b\n", whole("https://users.example.com", "a@b")],
    ["a user name with a :", "protocol=https\nhost=users.example.com\nusername=a:b\n", whole("https://users.example.com", "a:b")],
    ["a user name with a %", "protocol=https\nhost=users.example.com\nusername=a%40b\n", whole("https://users.example.com", "a%40b")],
    ["an @ that is escaped in a url", "url=https://a%40b@users.example.com/x\n", whole("https://users.example.com", "a@b")],
    ["a : that is escaped in a url", "url=https://a%3Ab@users.example.com/x\n", whole("https://users.example.com", "a:b")],
    ["a % that is escaped in a url", "url=https://a%2540b@users.example.com/x\n", whole("https://users.example.com", "a%40b")],
    ["a url and what comes after it", "host=evil.example.com\nurl=https://users.example.com\nusername=a:b\n", whole("https://users.example.com", "a:b")],
    ["an empty user name, which is a name", "protocol=https\nhost=empty.example.com\nusername=\n", "username=\npassword=\n"],
    ["an empty user name that nobody has", `${EXAMPLE}username=\n`, ""],
    ["200 wwwauth[] lines that hold host= and newlines spelt out",
      `${EXAMPLE}${`wwwauth[]=Basic realm="x", host=${CANARY}.example.com\\nhost=evil\n`.repeat(200)}`, alice],
    ["wwwauth[] lines that look like attributes", `${EXAMPLE}wwwauth[]=\nwwwauth[]=host=evil.example.com\nwwwauth[]=username=${CANARY}\n`, alice],
    ["a path that climbs", "protocol=https\nhost=example.com\npath=../../x\n", alice],
    ["a state[] of somebody else", `capability[]=state\n${EXAMPLE}state[]=other:${CANARY}\n`, ""],
  ])("%s", async (what, request, answer) => {
    const got = await home.helper("get", request);
    expect(got).toMatchObject({ code: 0, stderr: "" });
    if (what === "a state[] of somebody else") expect(got.stdout).toMatch(/^capability\[\]=state\nusername=alice\npassword=.*\nstate\[\]=toolkey:token=git-\w+\n$/);
    else expect(got.stdout).toBe(answer);
  });

  it("an erase that names a secret which is not ours by suspending nothing", async () => {
    const answer = await home.helper("erase", `${EXAMPLE}username=alice\npassword=${CANARY}\n`);
    expect(answer).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
  });
});

describe("on the socket", () => {
  const BAD_REQUEST = "error\ncode=bad-request\nnote=";
  const head = (...lines: readonly string[]): string => `action=get\ntimeout=900\n${lines.map((line) => `${line}\n`).join("")}`;

  it.each<[what: string, bytes: string | Uint8Array, answer: string]>([
    ["nothing at all", "", `${BAD_REQUEST}the request does not begin with action= and timeout=\n\n`],
    ["garbage", `${CANARY}\n`, `${BAD_REQUEST}the request does not begin with action= and timeout=\n\n`],
    ["binary", Buffer.from([0xff, 0xfe, 0, 1]), `${BAD_REQUEST}the request is not UTF-8 text\n\n`],
    ["10 MB", CANARY.repeat(10_000_000 / CANARY.length), `${BAD_REQUEST}the request is larger than 1048576 bytes\n\n`],
    ["10 MB after good lines", `${head("toolkey=1", "tool=git", "operation=get")}\n${CANARY.repeat(10_000_000 / CANARY.length)}`,
      `${BAD_REQUEST}the request is larger than 1048576 bytes\n\n`],
    ["a timeout that is no number", `action=get\ntimeout=${CANARY}\n`, `${BAD_REQUEST}the request does not begin with action= and timeout=\n\n`],
    ["an HTTP request", `POST / HTTP/1.1\r\nHost: localhost\r\n\r\n${CANARY}`, `${BAD_REQUEST}the request does not begin with action= and timeout=\n\n`],
    ["header lines that stop half way", head("toolkey=1", "tool=git", "operation=store"), `${BAD_REQUEST}the request's header lines do not end\n\n`],
    ["a header line that stops half way", `action=get\ntimeout=900\ntoolkey=1\ntool=${CANARY}`, `${BAD_REQUEST}the request's header lines do not end\n\n`],
    ["a header line without '='", `${head("toolkey=1", CANARY)}\n`, `${BAD_REQUEST}a header line has no name or no '='\n\n`],
    ["no tool", `${head("toolkey=1", "operation=get")}\n${EXAMPLE}`, `${BAD_REQUEST}the request names no tool or no operation\n\n`],
    ["no operation", `${head("toolkey=1", "tool=git")}\n${EXAMPLE}`, `${BAD_REQUEST}the request names no tool or no operation\n\n`],
    ["an unknown tool", `${head("toolkey=1", `tool=${CANARY}`, "operation=get")}\n${EXAMPLE}`, `${BAD_REQUEST}this daemon does not know the tool\n\n`],
    ["an unknown operation of git", `${head("toolkey=1", "tool=git", `operation=${CANARY}`)}\n${EXAMPLE}`, "miss\n\n"],
    ["an unknown operation of toolkey", `${head("toolkey=1", "tool=toolkey", `operation=${CANARY}`)}\n{}`, `${BAD_REQUEST}there is no such operation\n\n`],
    ["an operation named like a part of every object", `${head("toolkey=1", "tool=toolkey", "operation=constructor")}\n{}`, `${BAD_REQUEST}there is no such operation\n\n`],
    ["a git operation named like a part of every object", `${head("toolkey=1", "tool=git", "operation=constructor")}\n${EXAMPLE}`, "miss\n\n"],
    ["another wire version", `${head("toolkey=2", "tool=git", "operation=get")}\n${EXAMPLE}`,
      "error\ncode=version\nnote=the client speaks another version of the wire\n\n"],
    ["a wire version that is none", `${head(`toolkey=${CANARY}`, "tool=git", "operation=get")}\n${EXAMPLE}`,
      "error\ncode=version\nnote=the client speaks another version of the wire\n\n"],
    ["a build that is none", `${head("toolkey=1", "tool=git", "operation=get", `build=${CANARY}`)}\nprotocol=https\nhost=nobody.example.com\n`, "miss\n\n"],
    ["a time to keep that is none", `${head("toolkey=1", "tool=git", "operation=store", `timeout-seconds=${CANARY}`)}\n${EXAMPLE}password=${CANARY}\n`,
      `${BAD_REQUEST}the time to keep a credential is not a number of seconds\n\n`],
    ["a NUL in a credential", `${head("toolkey=1", "tool=git", "operation=store")}\n${EXAMPLE}username=a\0b\npassword=${CANARY}\n`,
      `${BAD_REQUEST}the credential holds a carriage return or NUL\nhint=lines end with a line feed alone, and no value may hold one of these\n\n`],
    ["a secret to store that is cut off in the middle", `${head("toolkey=1", "tool=git", "operation=store")}\n${EXAMPLE}username=alice\npassword=${CANARY}`,
      `${BAD_REQUEST}the credential ends in the middle of a line\n\n`],
    ["a secret to erase that is cut off in the middle", `${head("toolkey=1", "tool=git", "operation=erase")}\n${EXAMPLE}username=al`,
      `${BAD_REQUEST}the credential ends in the middle of a line\n\n`],
    ["a plan in a directory longer than the kernel takes", `${head("toolkey=1", "tool=npm", "operation=plan")}\n${JSON.stringify({ arguments: ["ci"], directory: `/${"a".repeat(20_000)}`, home: "/", environment: {}, variables: {}, purpose: "npm", direct: false, publish: false })}`,
      `${BAD_REQUEST}the payload is not what 'plan' takes\n\n`],
    ["a session in one", `${head("toolkey=1", "tool=toolkey", "operation=session")}\n${JSON.stringify({ purpose: "sh", publish: false, only: [], environment: {}, gitSettings: [], directory: `/${"a".repeat(20_000)}`, home: "/" })}`,
      `${BAD_REQUEST}the payload is not what 'session' takes\n\n`],
    ["a bare request cut off in its second line", "action=get\ntimeout=9", ""],
    ["a bare request for nothing known", `action=${CANARY}\ntimeout=900\n${EXAMPLE}`, ""],
    ["a bare request of garbage", `action=store\ntimeout=900\n${CANARY}\n`, ""],
  ])("%s is answered", async (_what, bytes, answer) => {
    expect(await sendRaw(socketOf(home), bytes)).toBe(answer);
  });

  it("a client that disconnects at once takes nothing with it", async () => {
    for (let count = 0; count < 50; count += 1) {
      const socket = connect(socketOf(home));
      await once(socket, "connect");
      socket.destroy();
      await once(socket, "close");
    }
  });

  it("a client that goes in the middle of its request takes nothing with it", async () => {
    for (let count = 0; count < 50; count += 1) {
      const socket = connect(socketOf(home));
      await new Promise((resolve) => socket.write(`${head("toolkey=1", "tool=git", "operation=store")}\n${EXAMPLE}password=${CANARY}`, resolve));
      socket.destroy();
      await once(socket, "close");
    }
  });

  it("a client that doesn't wait for its answer takes nothing with it", async () => {
    for (let count = 0; count < 50; count += 1) {
      const socket = connect(socketOf(home));
      await new Promise<void>((resolve) => socket.end(`${head("toolkey=1", "tool=git", "operation=get")}\n${EXAMPLE}`, resolve));
      socket.destroy();
    }
  });

  describe.each(matrix(["init", "show", "add", "revoke"], ["rekey", "status", "list", "replace", "restore", "use", "lock", "unlock", "stop"]))(
    "the operation %s",
    (operation) => {
      it.each([
        ["nothing", ""],
        ["what is not JSON", `{"id":"${CANARY}"`],
        ["null", "null"],
        ["a list", `["${CANARY}"]`],
        ["a text", `"${CANARY}"`],
        ["a number", "1e999"],
        ["a field that it does not take", `{"${CANARY}":"${CANARY}"}`],
        ["a field named __proto__", `{"__proto__":{"id":"${CANARY}"}}`],
        ["fields of the wrong type", `{"id":1,"ids":{"0":"${CANARY}"},"secret":["${CANARY}"],"sources":"file","tool":7,"passphrase":{},"place":null}`],
        ["100,000 lists in each other", "[".repeat(100_000)],
        ["two documents", `{}{"secret":"${CANARY}"}`],
      ])("refuses %s and does not repeat it", async (_what, payload) => {
        const answer = await sendOperation(home, operation, payload);
        expect([
          `${BAD_REQUEST}the payload is not JSON\n\n`,
          `${BAD_REQUEST}the payload is not what '${operation}' takes\n\n`,
        ]).toContain(answer);
      });
    },
  );

  it.each([
    ["show", { id: CANARY }, "not-found"],
    ["show", { id: "" }, "not-found"],
    ["restore", { id: CANARY }, "not-found"],
    ["use", { id: CANARY }, "not-found"],
    ["replace", { id: CANARY, secret: CANARY }, "not-found"],
    ["revoke", { ids: [CANARY], local: true }, "not-found"],
    ["add", { place: CANARY, tool: "git", secret: CANARY }, "usage"],
    ["add", { place: `https://example.com/${CANARY}?x`, tool: "git", secret: CANARY }, "usage"],
    ["add", { place: `https://alice:${CANARY}@example.com/`, tool: "git", secret: CANARY }, "usage"],
    ["add", { place: "https://example.com", tool: CANARY, secret: CANARY }, "usage"],
    ["add", { place: "https://example.com", tool: "git", secret: `${CANARY}\n2` }, "usage"],
    ["init", { sources: ["file"], passphrase: CANARY }, "exists"],
  ])("%s of %j is a failure that a person understands, and the log has no word of it", async (operation, payload, code) => {
    const answer = await sendOperation(home, operation, JSON.stringify(payload));
    expect(answer).toMatch(new RegExp(`^error\\ncode=${code}\\nnote=.+\\n`));
    expect(readFileSync(logOf(home), "utf8").trim().split("\n").at(-1)).toContain(`"code":"${code}"`);
  });

  it("whatever bytes come, there is an answer in one of our forms", async () => {
    const start = fc.constantFrom("", "action=get\ntimeout=900\n", head("toolkey=1", "tool=git", "operation=get"), `${head("toolkey=1", "tool=git", "operation=get")}\n`, `${head("toolkey=1", "tool=toolkey", "operation=show")}\n`);
    const text = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("protocol=https\n", "host=", "url=https://", "\n", "=", "\0", "\r", "{", "capability[]=authtype\n")), { maxLength: 12 });
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)), fc.tuple(start, text).map(([first, more]) => Buffer.from(first + more.join(""))));
    await fc.assert(
      fc.asyncProperty(bytes, async (request) => {
        expect(await sendRaw(socketOf(home), request)).toMatch(/^$|^(ok|miss|error)\n([a-z]+=.*\n)*\n/);
      }),
      { numRuns: inForm(100, 300) },
    );
  });
});
