/**
 * As much of ZeroMQ's protocol (ZMTP 3.0, without security) as a client of a Jupyter kernel needs.
 *
 * Source: https://rfc.zeromq.org/spec/23/
 */
import { connect } from "node:net";

const greeting = Buffer.alloc(64);
greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);
greeting.write("NULL", 12, "ascii");

const flags = { more: 1, long: 2, command: 4 };

function frame(body, flag) {
  const head = body.length > 255 ? Buffer.alloc(9) : Buffer.alloc(2);
  head[0] = flag | (body.length > 255 ? flags.long : 0);
  if (body.length > 255) head.writeBigUInt64BE(BigInt(body.length), 1);
  else head[1] = body.length;
  return Buffer.concat([head, body]);
}

function readyCommand(type) {
  const property = (name, value) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]);
  };
  return Buffer.concat([
    Buffer.from([5]),
    Buffer.from("READY"),
    property("Socket-Type", type),
    property("Identity", ""),
  ]);
}

/**
 * Connects to a socket of a kernel.
 *
 * @param type "DEALER" or "SUB", which gets everything.
 * @param onMessage is given each message as a list of frames.
 */
export async function connectZmtp(port, type, onMessage) {
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  socket.write(Buffer.concat([greeting, frame(readyCommand(type), flags.command)]));
  if (type === "SUB") socket.write(frame(Buffer.from([1]), 0));
  let buffered = Buffer.alloc(0);
  let isGreeted = false;
  let message = [];
  socket.on("data", (data) => {
    buffered = Buffer.concat([buffered, data]);
    if (!isGreeted && buffered.length >= 64) {
      isGreeted = true;
      buffered = buffered.subarray(64);
    }
    while (isGreeted && buffered.length >= 2) {
      const flag = buffered[0];
      const headLength = flag & flags.long ? 9 : 2;
      if (buffered.length < headLength) return;
      const length = flag & flags.long ? Number(buffered.readBigUInt64BE(1)) : buffered[1];
      if (buffered.length < headLength + length) return;
      const body = buffered.subarray(headLength, headLength + length);
      buffered = buffered.subarray(headLength + length);
      if (flag & flags.command) continue;
      message.push(body);
      if (flag & flags.more) continue;
      onMessage(message);
      message = [];
    }
  });
  return {
    send: (frames) =>
      socket.write(
        Buffer.concat(frames.map((body, i) => frame(Buffer.from(body), i + 1 < frames.length ? flags.more : 0))),
      ),
    close: () => socket.destroy(),
  };
}
