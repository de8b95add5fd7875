/**
 * Ctrl-C, in a process of its own: the first ends training in good order, the second ends the process.
 */
import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";

/** Runs a program that prints "ready" when it is time for Ctrl-C, which it is sent `times` times. */
function run(body: string, times: number): Promise<{ output: string; code: number | null; signal: string | null }> {
  const head = `
    import { Dense, Sequential, SGD } from "${new URL("../index.ts", import.meta.url)}";
    const dense = new Dense({ units: 1, inputDim: 1, kernelInitializer: "zeros" });
    const model = new Sequential([dense]);
    model.compile({ optimizer: new SGD({ lr: 1e-4 }), loss: "mse" });
    const ready = { onEpochEnd(epoch) { if (epoch === 3) console.log("ready"); } };
  `;
  const options = ["--import", "tsx", "--input-type=module", "--eval", head + body];
  const child = spawn(process.execPath, options, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let sent = 0;
  const hear = (chunk: Buffer) => {
    output += chunk;
    const wanted = output.split("ready").length - 1;
    while (sent < Math.min(wanted, times)) {
      sent++;
      child.kill("SIGINT");
    }
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return new Promise((resolve) => child.on("exit", (code, signal) => resolve({ output, code, signal })));
}

describe("Ctrl-C during fit", () => {
  it("ends it after the batch, keeps what was learned, and the program goes on", async () => {
    const { output, code } = await run(
      `
      const history = await model.fit([[1], [2], [3]], [2, 4, 6], { epochs: 1e9, callbacks: [ready] });
      const weight = dense.kernel.item();
      console.log(JSON.stringify({
        interrupted: history.interrupted,
        stopReason: history.stopReason,
        epochs: history.epochs.length,
        losses: history.history.loss.length,
        learned: weight > 0 && weight === model.stateDict()["layers.0.kernel"].item(),
        listeners: process.listenerCount("SIGINT"),
      }));
      `,
      1,
    );
    expect(code).toBe(0);
    const { epochs, losses, ...rest } = JSON.parse(output.slice(output.indexOf("{")));
    expect(rest).toEqual({ interrupted: true, stopReason: "Ctrl-C", learned: true, listeners: 0 });
    expect(epochs).toBeGreaterThanOrEqual(4);
    expect(losses).toBe(epochs);
  });

  it("ends a long epoch in its middle, of batches that come slowly too", async () => {
    const { output, code } = await run(
      `
      async function* slow() {
        for (let i = 0; ; i++) {
          if (i === 20) console.log("ready");
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield [[[1]], [2]];
        }
      }
      const history = await model.fit(slow, { epochs: 2 });
      console.log(JSON.stringify([history.interrupted, history.epochs, dense.kernel.item() > 0]));
      `,
      1,
    );
    expect([code, output.slice(output.indexOf("["))]).toEqual([0, "[true,[],true]\n"]);
  });

  it("a second time ends the process as always", async () => {
    const { signal, output } = await run(
      `
      const stuck = { async onEpochEnd(epoch) {
        if (epoch !== 3) return;
        process.once("SIGINT", () => console.log("ready"));
        console.log("ready");
        await new Promise((resolve) => setTimeout(resolve, 30_000));
      } };
      await model.fit([[1]], [2], { epochs: 1e9, callbacks: [stuck] });
      console.log("not reached");
      `,
      2,
    );
    expect(signal).toBe("SIGINT");
    expect(output).not.toContain("not reached");
  });

  it("before and after it, ends the process as always", async () => {
    const { signal } = await run(
      `
      await model.fit([[1]], [2]);
      console.log("ready");
      await new Promise((resolve) => setTimeout(resolve, 30_000));
      `,
      1,
    );
    expect(signal).toBe("SIGINT");
  });
});
