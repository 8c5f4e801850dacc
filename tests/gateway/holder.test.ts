/** Who a phantom belongs to, with real processes and connections. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Holder, Replacement } from "../../src/core/gateway/permit.ts";
import { parseTarget } from "../../src/core/target.ts";
import { newPhantom } from "../../src/gateway/phantoms/phantoms.ts";
import { identify, librariesOf } from "../../src/platform/processes/process-tree.ts";
import { startGateway, type TestGateway } from "../fixtures/network/gateway.ts";
import { hear } from "../fixtures/processes/heard.ts";

let gateway: TestGateway;
let directory: string;

beforeAll(async () => {
  gateway = await startGateway({ upstream: (_incoming, response) => response.end("reached") });
  directory = mkdtempSync(join(tmpdir(), "tk-holder-"));
  chmodSync(directory, 0o755);
  // Prints the status that it gets for a path; with a depth, another of its kind does it.
  writeFileSync(join(directory, "asks.mjs"), `
    import { spawn } from "node:child_process";
    import { get } from "node:http";
    const [port, path, phantom, depth] = process.argv.slice(2);
    if (Number(depth) > 0) spawn(process.execPath, [process.argv[1], port, path, phantom, String(depth - 1)], { stdio: "inherit" });
    else get({ host: "127.0.0.1", port, path, headers: { authorization: "Bearer " + phantom } }, (answer) => {
      console.log(answer.statusCode, answer.statusMessage);
      answer.resume();
    }).once("error", ({ code }) => console.log(code));
  `);
  // Says on which port it is connected, and stays so until it is told.
  writeFileSync(join(directory, "connects.mjs"), `
    import { connect } from "node:net";
    const socket = connect(Number(process.argv[2]), "127.0.0.1", () => console.log(socket.localPort)).once("close", () => console.log("closed"));
    process.stdin.once("data", () => socket.destroy());
  `);
});
afterAll(async () => {
  await gateway.close();
  rmSync(directory, { recursive: true });
});

/** A phantom for what this process starts. */
async function phantomFor(holder: Holder, { starter = process.pid, ...more }: { starter?: number | undefined; replacement?: Replacement } = {}): Promise<string> {
  const phantom = newPhantom();
  await gateway.gateway.issue(phantom, {
    tool: holder === "maven" ? "maven" : "http", purpose: "test", starter: holder === "maven" ? undefined : identify(starter),
    permit: {
      addressing: "url", holder, ...more, publishes: false, upstream: { caFiles: [] },
      routes: [
        { target: parseTarget(`${gateway.upstream}/libs`), isAuthorized: true, publishes: false },
        { target: parseTarget(`${gateway.upstream}/public`), isAuthorized: false, publishes: false },
      ],
    },
  });
  return phantom.reveal();
}

async function asks(program: string, argv: readonly string[], options: { uid?: number } = {}): Promise<string> {
  const child = spawn(program, argv, { stdio: ["ignore", "pipe", "inherit"], ...options });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  return text.trim();
}

const node = (phantom: string, depth = 0, path = "/libs/a", options = {}): Promise<string> =>
  asks(process.execPath, [join(directory, "asks.mjs"), String(gateway.port), gateway.path(path), phantom, String(depth)], options);

const OTHER = "403 toolkey: the phantom belongs to another process, and does not work for this one - toolkey run --direct, if what it starts is to have the token";

describe("a phantom of a command", () => {
  it("is for the process that was started, and for none that this one starts", async () => {
    const phantom = await phantomFor("command");
    expect(await node(phantom)).toBe("200 OK");
    expect(await node(phantom, 1)).toBe(OTHER);
    expect(await node(phantom, 2)).toBe(OTHER);
    expect((await gateway.send({ path: gateway.path("/libs/a"), phantom })).status).toBe(403);
  });

  it("is for no orphan that the process that started it is given, as the first of a container is", async () => {
    const PR_SET_CHILD_SUBREAPER = 36;
    const starter = spawn(process.execPath, ["-e", `
      require(${JSON.stringify(createRequire(import.meta.url).resolve("koffi"))}).load(null).func("int prctl(int option, ulong a, ulong b, ulong c, ulong d)")(${PR_SET_CHILD_SUBREAPER}, 1, 0, 0, 0);
      process.stdin.once("data", (script) => require("node:child_process").spawn("sh", ["-c", String(script)], { stdio: "inherit" }).once("exit", () => process.exit()));
    `], { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    starter.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const phantom = await phantomFor("command", { starter: starter.pid });
    const ask = `'${process.execPath}' '${join(directory, "asks.mjs")}' ${gateway.port} ${gateway.path("/libs/a")} ${phantom} 0`;
    starter.stdin.write(`orphan=$( (${ask} &) ); echo "$orphan"; exec ${ask}`);
    await once(starter, "close");
    expect(text.trim().split("\n")).toEqual([OTHER, "200 OK"]);
  });

  it("stays the same process through exec, as mvn's script does it", async () => {
    const phantom = await phantomFor("command");
    expect(await asks("sh", ["-c", 'exec "$@"', "sh", process.execPath, join(directory, "asks.mjs"), String(gateway.port), gateway.path("/libs/a"), phantom, "0"])).toBe("200 OK");
  });

  it("lets others read what needs no token, and nothing else", async () => {
    const phantom = await phantomFor("command");
    expect(await node(phantom, 1, "/public/a")).toBe("200 OK");
    expect((await gateway.send({ method: "POST", path: gateway.path("/public/a"), phantom })).status).toBe(403);
  });

  it("ends with the process that started it", async () => {
    const starter = spawn("sleep", ["1000"]);
    const phantom = newPhantom();
    const id = await gateway.gateway.issue(phantom, {
      tool: "http", purpose: "doomed", starter: identify(starter.pid ?? 0),
      permit: { addressing: "url", holder: "command", publishes: false, upstream: { caFiles: [] }, routes: [] },
    });
    const live = async (): Promise<string[]> => (await gateway.gateway.view()).phantoms.map((each) => each.id);
    expect(await live()).toContain(id);
    starter.kill("SIGKILL");
    await once(starter, "close");
    expect(await live()).not.toContain(id);
    expect((await gateway.send({ path: gateway.path("/libs/a"), phantom: phantom.reveal() })).status).toBe(401);
  });
});

describe("a connection", () => {
  it("that the command itself hands on is still the command's: whoever has its descriptor acts as it", async () => {
    const phantom = await phantomFor("command");
    writeFileSync(join(directory, "hands-on.mjs"), `
      import { spawn } from "node:child_process";
      import { connect } from "node:net";
      const socket = connect(Number(process.argv[2]), "127.0.0.1", () => spawn("sh", ["-c", 'printf "%s" "$0" >&0; head -n 1 <&0', process.argv[3]], { stdio: [socket, "inherit", "inherit"] }));
    `);
    const asked = `GET ${gateway.path("/libs/a")} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAuthorization: Bearer ${phantom}\r\nConnection: close\r\n\r\n`;
    expect(await asks(process.execPath, [join(directory, "hands-on.mjs"), String(gateway.port), asked])).toBe("HTTP/1.1 200 OK");
  });
});

describe("a phantom of a program that may start another one in its place", () => {
  /** As `node`, of a program that starts this script, by the arguments of `asks.mjs`. */
  const launched = (phantom: string, script: string, depth = 0, program = process.execPath): Promise<string> =>
    asks(process.execPath, [join(directory, "launches.mjs"), program, script, String(gateway.port), gateway.path("/libs/a"), phantom, String(depth)]);
  const file = (name: string): string => join(directory, name);

  beforeAll(() => {
    writeFileSync(file("launches.mjs"), `
      import { spawn } from "node:child_process";
      const [program, ...given] = process.argv.slice(2);
      spawn(program, given, { stdio: "inherit" });
    `);
    for (const [place, version] of [["right", "11.1.0"], ["wrong", "11.1.1"]] as const) {
      mkdirSync(file(`${place}/bin`), { recursive: true });
      copyFileSync(file("asks.mjs"), file(`${place}/bin/pnpm.mjs`));
      writeFileSync(file(`${place}/package.json`), JSON.stringify({ name: "pnpm", version }));
    }
    copyFileSync(file("asks.mjs"), file("script.mjs"));
    copyFileSync(process.execPath, file("other-node"));
    symlinkSync(file("right/bin/pnpm.mjs"), file("pnpm"));
  });

  it.each<[string, Replacement]>([["a file", { file: "right/bin/pnpm.mjs" }], ["a package", { package: "pnpm", version: "11.1.0" }]])("is for that one, known by %s, and for no script that asks first", async (_how, named) => {
    const replacement = "file" in named ? { file: file(named.file) } : named;
    const phantom = await phantomFor("launched", { replacement });
    for (const script of ["script.mjs", "wrong/bin/pnpm.mjs"]) expect(await launched(phantom, file(script))).toBe(OTHER);
    expect(await launched(phantom, file("pnpm"), 0, file("other-node"))).toBe(OTHER);
    expect(await launched(phantom, file("pnpm"), 1)).toBe(OTHER);
    expect(await launched(phantom, file("pnpm"))).toBe("200 OK");
    // And for nobody after the first.
    expect(await launched(phantom, file("pnpm"))).toBe(OTHER);
  });

  it("is for the program itself, if that asks", async () => {
    expect(await node(await phantomFor("launched", { replacement: { package: "pnpm", version: "11.1.0" } }))).toBe("200 OK");
  });

  it("is for the program alone, if that is the one which is named", async () => {
    const own = await phantomFor("launched", { replacement: { file: file("asks.mjs") } });
    expect(await node(own, 1)).toBe(OTHER);
    expect(await node(own)).toBe("200 OK");
  });
});

describe("a phantom of a script", () => {
  it("is for all that the command starts", async () => {
    const phantom = await phantomFor("descendants");
    for (const depth of [0, 1, 2]) expect(await node(phantom, depth)).toBe("200 OK");
  });
});

describe("a phantom of Maven on disk", () => {
  const ARTIFACT = "/libs/org/acme/a/1/a-1.jar";
  const asked = (phantom: string): string[] => [join(directory, "asks.mjs"), String(gateway.port), gateway.path(ARTIFACT), phantom, "0"];
  const named = (name: string): string => join(directory, name);

  it("is of no use to a program that is no Maven", async () => {
    const phantom = await phantomFor("maven");
    expect(await node(phantom, 0, ARTIFACT)).toBe(OTHER);
  });

  it("is of no use to a program that calls itself one", async () => {
    const phantom = await phantomFor("maven");
    copyFileSync(process.execPath, named("eclipse"));
    expect(await asks(named("eclipse"), asked(phantom))).toBe(OTHER);
    for (const argv of [["eclipse"], ["java", "org.eclipse.equinox.launcher_1.jar"], ["java", "org.codehaus.plexus.classworlds.launcher.Launcher"]]) {
      const [name = "", ...extra] = argv;
      expect(await asks("bash", ["-c", 'exec -a "$0" "$@"', name, process.execPath, ...asked(phantom), ...extra])).toBe(OTHER);
    }
  });

  it("is for the Maven that a person starts, and for none that runs within it", async () => {
    const LAUNCHER = "org.codehaus.plexus.classworlds.launcher.Launcher";
    copyFileSync(process.execPath, named("java"));
    writeFileSync(named("starts.mjs"), `
      import { spawn } from "node:child_process";
      spawn(process.execPath, process.argv.slice(2), { stdio: "inherit" });
    `);
    const phantom = await phantomFor("maven");
    const asking = [...asked(phantom), LAUNCHER];
    expect(await asks(named("java"), asking)).toBe("200 OK");
    expect(await asks("sh", ["-c", '"$0" "$@"; :', named("java"), ...asking])).toBe("200 OK");
    expect(await asks(named("java"), [named("starts.mjs"), ...asking])).toBe(OTHER);
    expect(await asks(named("java"), [named("starts.mjs"), named("starts.mjs"), ...asking])).toBe(OTHER);
  });

  it("is for Eclipse by what it has loaded", async () => {
    const library = named("plugins/org.eclipse.equinox.launcher.gtk.linux.x86_64_1.2/eclipse_11801.so");
    mkdirSync(join(library, ".."), { recursive: true });
    copyFileSync(process.execPath, named("eclipse"));
    copyFileSync(librariesOf(process.pid).find((path) => /\/libm[.-]/.test(path)) ?? "", library);
    writeFileSync(named("loads.cjs"), `require(${JSON.stringify(createRequire(import.meta.url).resolve("koffi"))}).load(${JSON.stringify(library)});`);
    expect(await asks(named("eclipse"), ["--require", named("loads.cjs"), ...asked(await phantomFor("maven"))])).toBe("200 OK");
  });
});

describe("another address of this machine", () => {
  it("is no way to pass as the command, with the same port as a connection of its own", async () => {
    const phantom = await phantomFor("command");
    const command = spawn(process.execPath, [join(directory, "connects.mjs"), String(gateway.port)], { stdio: ["pipe", "pipe", "inherit"] });
    const port = await hear(command).line(/^\d+$/);
    const outcome = await new Promise<string>((resolve) => {
      const sent = request({ host: "127.0.0.1", port: gateway.port, localAddress: "127.0.0.2", localPort: Number(port), path: gateway.path("/libs/a"), agent: false, headers: { authorization: `Bearer ${phantom}` } });
      sent.once("response", (answer) => resolve(`${answer.resume().statusCode}`)).once("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? ""));
      sent.end();
    });
    expect(outcome).toBe("ECONNRESET");
    command.stdin.end("enough");
    await once(command, "close");
  });
});

describe.skipIf(process.getuid?.() !== 0)("another user of this machine", () => {
  it("is not answered, whatever phantom he has", async () => {
    for (const holder of ["command", "descendants", "maven"] as const) expect(await node(await phantomFor(holder), 0, "/libs/a", { uid: 65_534 })).toBe("ECONNRESET");
  });

  it("keeps no connection open", async () => {
    expect(await asks(process.execPath, [join(directory, "connects.mjs"), String(gateway.port)], { uid: 65_534 })).toMatch(/^\d+\nclosed$/);
  });
});
