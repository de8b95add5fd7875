/**
 * Takes compiled training steps by the thousand and prints, as JSON, what the process holds before and after:
 *
 * `node --expose-gc --import tsx packages/nn/test/soak.ts 1000000`
 */
import { argv, hrtime, memoryUsage } from "node:process";
import { jit } from "@chainrule/compiler";
import { crossEntropy } from "@chainrule/losses";
import { sharedHeap } from "../../compiler/src/runtime/shared-heap.ts";
import { Generator, manualSeed, randint, randn, type Tensor } from "../../core/src/index.ts";
import { Adam, Dense, Dropout, Sequential } from "../src/index.ts";

/** What is held after the garbage collector has been through, in bytes. */
async function held() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, arrayBuffers, rss } = memoryUsage();
  const { used, memory } = sharedHeap()!;
  return { heapUsed, arrayBuffers, rss, wasmUsed: used, wasmMemory: memory.buffer.byteLength };
}

manualSeed(1);
const model = new Sequential([
  new Dense({ units: 8, inputDim: 4, activation: "relu" }),
  new Dropout(0.1),
  new Dense(3),
]);
model.ensureBuilt([null, 4]);
model.train();
const optimizer = new Adam(model, { lr: 1e-3 });
const step = jit((x: Tensor, y: Tensor) => {
  optimizer.zeroGrad();
  const loss = crossEntropy(model.call(x), y);
  loss.backward();
  optimizer.step();
  return loss;
});
const batches = [8, 5].map((n) => ({
  x: randn([n, 4], { generator: new Generator(n) }),
  y: randint(0, 3, [n], { generator: new Generator(n) }),
}));

let last = 0;
function take(steps: number): void {
  for (let i = 0; i < steps; i++) {
    const { x, y } = batches[i % 8 === 7 ? 1 : 0];
    last = step(x, y).item();
  }
}

const steps = Number(argv[2]);
// Until the engine has compiled what it will, and has grown what it grows once.
take(20_000);
const before = await held();
const start = hrtime.bigint();
take(steps);
const seconds = Number(hrtime.bigint() - start) / 1e9;
const after = await held();
console.log(JSON.stringify({ steps, seconds, loss: last, before, after }));
