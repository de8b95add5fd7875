/**
 * A Jupyter kernel that runs cells: a process, and the protocol by which it is told what to run and says what it shows.
 *
 * Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html
 */
import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectZmtp } from "./zmtp.mjs";

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long a kernel may take to begin, and a cell to run. */
const patience = 60_000;
/** Deno's kernel may say that it is idle before it has sent what the cell shows. */
const late = 500;

/**
 * Starts a kernel.
 *
 * @param command what starts it, given the file that says which ports to listen on.
 */
export async function startKernel(command, cwd) {
  const folder = mkdtempSync(join(tmpdir(), "chainrule-kernel-"));
  const file = join(folder, "connection.json");
  const key = randomUUID();
  const names = ["shell", "iopub", "stdin", "control", "hb"];
  const ports = Object.fromEntries(await Promise.all(names.map(async (name) => [`${name}_port`, await freePort()])));
  const connection = { ip: "127.0.0.1", transport: "tcp", signature_scheme: "hmac-sha256", key, ...ports };
  writeFileSync(file, JSON.stringify(connection));
  const [program, ...args] = command(file);
  const child = spawn(program, args, { cwd, stdio: ["ignore", "inherit", "pipe"] });
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const received = [];
  const receive = (frames) => {
    const at = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
    const [header, parent, , content] = frames.slice(at + 2, at + 6).map((frame) => JSON.parse(frame.toString()));
    received.push({ type: header.msg_type, parent: parent.msg_id, content });
  };
  const open = async (port, type) => {
    for (const begin = Date.now(); ; await pause(100)) {
      try {
        return await connectZmtp(port, type, receive);
      } catch (error) {
        if (Date.now() - begin > patience || child.exitCode !== null)
          throw new Error(`no kernel: ${error.message}\n${errors}`);
      }
    }
  };
  const iopub = await open(ports.iopub_port, "SUB");
  const shell = await open(ports.shell_port, "DEALER");
  const session = randomUUID();

  const send = (type, content) => {
    const id = randomUUID();
    const date = new Date().toISOString();
    const header = { msg_id: id, session, username: "ci", date, msg_type: type, version: "5.3" };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const signature = createHmac("sha256", key).update(parts.join("")).digest("hex");
    shell.send(["<IDS|MSG>", signature, ...parts]);
    return id;
  };

  return {
    /** Runs a cell. @returns the media types that it shows; throws what it throws. */
    async run(code) {
      const id = send("execute_request", {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
      });
      const ofCell = () => received.filter(({ parent }) => parent === id);
      const isDone = () =>
        ofCell().some(({ type }) => type === "execute_reply") &&
        ofCell().some(({ type, content }) => type === "status" && content.execution_state === "idle");
      for (const begin = Date.now(); !isDone(); await pause(20))
        if (Date.now() - begin > patience) throw new Error(`a cell does not end:\n${code}`);
      await pause(late);
      const error = ofCell().find(({ type }) => type === "error");
      if (error) throw new Error(`${error.content.ename}: ${error.content.evalue}\n${code}`);
      return ofCell().find(({ type }) => type === "execute_result")?.content.data ?? null;
    },
    end() {
      for (const socket of [iopub, shell]) socket.close();
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
