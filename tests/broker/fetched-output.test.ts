/** What programs print that fetch a token. */
import { describe, expect, it } from "vitest";
import { readOutput } from "../../src/broker/fetching/output.ts";

const NOW = Date.parse("2026-12-01T12:00:00Z");
const END = Date.parse("2026-12-01T13:00:00Z");
const JWT_PAYLOAD = Buffer.from(JSON.stringify({ exp: END / 1000, sub: "alice" })).toString("base64url");
const JWT = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${JWT_PAYLOAD}.sig`;

function read(output: unknown): { secret: string; username: string | undefined; endsAt: number | undefined } | undefined {
  const read = readOutput(typeof output === "string" ? output : JSON.stringify(output), NOW);
  return read && { secret: read.secret.reveal(), username: read.username, endsAt: read.endsAt };
}

describe("a token is read from", () => {
  it.each<[string, unknown, { username?: string; endsAt?: number; secret?: string }]>([
    ["kubectl's plugins", { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token: "T", expirationTimestamp: "2026-12-01T13:00:00Z" } }, { endsAt: END }],
    ["kubectl's plugins, without an end", { kind: "ExecCredential", status: { token: "T", clientCertificateData: "-" } }, {}],
    ["aws codeartifact, as a number", { authorizationToken: "T", expiration: END / 1000 + 0.25 }, { endsAt: END + 250 }],
    ["aws codeartifact, as a time", { authorizationToken: "T", expiration: "2026-12-01T15:00:00+02:00" }, { endsAt: END }],
    ["az, not by its local time", { accessToken: "T", expiresOn: "2026-12-01 14:00:00.000000", expires_on: END / 1000, subscription: "s", tokenType: "Bearer" }, { endsAt: END }],
    ["an older az, which has but the local time", { accessToken: "T", expiresOn: "2026-12-01 14:00:00.000000" }, {}],
    ["az, as text", { accessToken: "T", expires_on: String(END / 1000) }, { endsAt: END }],
    ["gcloud config config-helper", { configuration: {}, credential: { access_token: "T", token_expiry: "2026-12-01T13:00:00Z" } }, { endsAt: END }],
    ["gcloud", { access_token: "T", token_expiry: "2026-12-01T13:00:00Z" }, { endsAt: END }],
    ["an OAuth server", { access_token: "T", token_type: "Bearer", expires_in: 3600 }, { endsAt: END }],
    ["our own form", { token: "T", username: "aws", expires_at: "2026-12-01T13:00:00Z" }, { username: "aws", endsAt: END }],
    ["our own form, with seconds", { token: "T", expires_in: "3600" }, { endsAt: END }],
    ["a time without its zone, which is none", { token: "T", expires_at: "2026-12-01T13:00:00" }, {}],
    ["a time that is none", { token: "T", expires_at: "soon", expires_in: "long" }, {}],
    ["a time of another kind", { token: "T", expires_at: null, expires_in: {} }, {}],
    ["no time", { token: "T", expires_in: null }, {}],
    ["no seconds", { token: "T", expires_in: 0 }, {}],
    ["nothing as seconds", { token: "T", expires_in: "" }, {}],
    ["milliseconds", { token: "T", expires_at: END }, { endsAt: END }],
    ["docker's helpers", { ServerURL: "https://r.example", Username: "AWS", Secret: "T" }, { username: "AWS" }],
    ["docker's helpers, with no user", { Username: "<token>", Secret: "T" }, {}],
    ["git's helpers", "protocol=https\nhost=h\nusername=alice\npassword=T\npassword_expiry_utc=1796130000\n", { username: "alice", endsAt: 1_796_130_000_000 }],
    ["git's helpers, on another system", "username=alice\r\npassword=T\r\n", { username: "alice" }],
    ["git's helpers, with '=' in it", "password=T==\n", { secret: "T==" }],
    ["a line", "T\n", {}],
    ["a line with '=' in it", "abc==\n", { secret: "abc==" }],
    ["a line without an end", "T", {}],
    ["a JWT", `${JWT}\n`, { secret: JWT, endsAt: END }],
    ["a JWT in a document that says no end", { access_token: JWT }, { secret: JWT, endsAt: END }],
    ["a document that says another end than its JWT", { access_token: JWT, expires_in: 60 }, { secret: JWT, endsAt: NOW + 60_000 }],
  ])("%s", (_what, output, expected) => {
    expect(read(output)).toEqual({ secret: "T", username: undefined, endsAt: undefined, ...expected });
  });
});

describe("no token is read from", () => {
  it.each<[string, unknown]>([
    ["nothing", ""],
    ["lines of nothing", "\n \n"],
    ["words", "You are not signed in."],
    ["two lines", "T\nU\n"],
    ["half a document", '{"token": "T"'],
    ["another document", { error: "expired" }],
    ["an empty token", { token: "" }],
    ["a token that is no text", { token: 1 }],
    ["an empty password", "username=alice\npassword=\n"],
    ["a kubectl plugin with a certificate alone", { kind: "ExecCredential", status: { clientCertificateData: "-" } }],
    ["a list", [{ token: "T" }]],
    ["a page", "<html><body>Sign in</body></html>"],
  ])("%s", (_what, output) => {
    expect(read(output)).toBeUndefined();
  });
});
