// Small requests over kept connections, and what they cost the server: `load.mjs URL PID [REQUESTS [CONNECTIONS]]`, with the
// phantom or nothing as the user part of the URL. Says {"requests","cpu","wall"}: seconds of processor time of the process
// PID, and seconds. On bare sockets, so that it is not what is measured.
import { readFileSync } from "node:fs";
import { connect } from "node:net";

/** Of the clock in which /proc counts processor time. */
const TICKS = 100;

const [, , address, pid, requests = "20000", connections = "32"] = process.argv;
const { hostname, port, host, pathname, username, password } = new URL(address);
const login = username === "" ? "" : `Authorization: Basic ${Buffer.from(`${username}:${password}`).toString("base64")}\r\n`;
const head = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: bench\r\nAccept: */*\r\n${login}\r\n`;

// The code that is run often is compiled, and connections are made, before anything counts.
await send(2000);
const [cpu, began] = [cpuOf(pid), performance.now()];
await send(Number(requests));
process.stdout.write(`${JSON.stringify({ requests: Number(requests), cpu: cpuOf(pid) - cpu, wall: (performance.now() - began) / 1000 })}\n`);

function send(count) {
  let left = count;
  const next = () => (left -= 1) >= 0;
  return Promise.all(Array.from({ length: Number(connections) }, () => sendOver(next)));
}

/** One connection, one request after the other, as long as `next` says so. */
function sendOver(next) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    const ask = () => {
      text = "";
      if (next()) socket.write(head);
      else socket.end(resolve);
    };
    socket.setNoDelay(true).once("connect", ask).on("error", reject).setEncoding("latin1");
    socket.on("data", (chunk) => {
      text += chunk;
      const end = text.indexOf("\r\n\r\n");
      if (end === -1) return;
      if (!text.startsWith("HTTP/1.1 200 ")) return reject(new Error(text.slice(0, text.indexOf("\r\n"))));
      const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, end))?.[1]);
      if (text.length === end + 4 + length) ask();
    });
  });
}

/** Seconds of user and system time (proc_pid_stat(5)). */
function cpuOf(process) {
  const text = readFileSync(`/proc/${process}/stat`, "latin1");
  const [user, system] = text.slice(text.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
  return (user + system) / TICKS;
}
