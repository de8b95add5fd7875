/**
 * Files that are damaged at random: whatever is done to a good one, reading it gives tensors or an error of this
 * library, in little time and little memory.
 *
 * `pnpm fuzz` looks longer; FUZZ_RUNS and FUZZ_SEED say how long and from where.
 */
import { ChainRuleError, Generator, randn, tensor } from "@chainrule/core";
import { encodeIdx, parseCsv, parseIdx } from "@chainrule/data";
import { Adam, Dense, Dropout, Sequential, stepDecay } from "@chainrule/nn";
import { describe, expect, it } from "vitest";
import { fixture } from "../../test/fixture.ts";
import { encodeCheckpoint, parseCheckpoint, seal } from "../checkpoint/encode.ts";
import { encodeModel, parseModel } from "../model/file.ts";
import { parseNpy } from "./npy.ts";
import { encodeNpz, parseNpz } from "./npz.ts";
import { encodeSafetensors, parseSafetensors } from "./safetensors.ts";

const runs = Number(process.env.FUZZ_RUNS ?? 400);
const generator = new Generator(process.env.FUZZ_SEED ?? 1);

/** Numbers that lengths and offsets are often wrong by. */
const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x5b, 0x5d, 0x7b, 0x7d, 0x2c, 0x30, 0x39, 0x2d];

/** The bytes with one to a few changes: bytes replaced, taken out, put in, copied, cut off. */
function mutated(bytes: Uint8Array): Uint8Array {
  let changed = [...bytes];
  for (let i = generator.integer(1, 5); i > 0; i--) {
    // Headers stand at the beginning and, of archives, at the end: more happens there.
    const reach = generator.bernoulli(0.7) ? Math.min(changed.length, 300) : changed.length;
    const at = Math.max(
      0,
      generator.bernoulli(0.5) ? generator.integer(0, reach + 1) : changed.length - generator.integer(0, reach + 1),
    );
    const byte = generator.bernoulli(0.5) ? generator.integer(0, 256) : generator.choice(interesting);
    const kind = generator.integer(0, 6);
    if (kind <= 1) changed[Math.min(at, changed.length - 1)] = byte;
    else if (kind === 2) changed.splice(at, generator.integer(1, 9));
    else if (kind === 3) changed.splice(at, 0, ...new Array(generator.integer(1, 9)).fill(byte));
    else if (kind === 4) changed.splice(at, 4, ...changed.slice(at >> 1, (at >> 1) + 4));
    else changed = changed.slice(0, at);
    if (changed.length === 0) changed = [byte];
  }
  return Uint8Array.from(changed);
}

const small = { x: randn([2, 3]), y: tensor([1, 2], { dtype: "int32" }), z: tensor([true]) };

const model = new Sequential([
  new Dense({ units: 3, inputDim: 2, activation: "relu" }),
  new Dropout({ rate: 0.1, seed: 1 }),
  new Dense(1),
]).compile({ optimizer: new Adam({ lr: stepDecay({ lr: 0.1, every: 3 }) }), loss: "mse", metrics: ["mae"] });
await model.fit(randn([4, 2]), randn([4, 1]), { verbose: 0 });
const rest = { optimizer: model.optimizer.stateDict(), numbers: [Number.NaN, -0, 1], texts: { a: "b", c: null } };
const checkpoint = encodeCheckpoint("c", { epoch: 1, weights: model.stateDict(), rest }, model);
const tables = ["a,b,kind\n1,2,x\n3.5,-4e-3,y\n", 'name;"x ""y""";t\r\n"a;b";1;2\r\nc;3;4\r\n'].map((text) =>
  new TextEncoder().encode(text),
);

describe.each<[string, Uint8Array[], (bytes: Uint8Array) => object]>([
  [
    "safetensors",
    [fixture("all.safetensors"), fixture("others.safetensors"), encodeSafetensors(small, { metadata: { a: "b" } })],
    parseSafetensors,
  ],
  ["npy", ["float32.npy", "fortran.npy", "big-endian.npy", "int64.npy"].map(fixture), parseNpy],
  [
    "model",
    [true, false].map((optimizerState) => encodeModel(model, { optimizerState })),
    parseModel as (bytes: Uint8Array) => object,
  ],
  ["checkpoint", [checkpoint], (bytes) => parseCheckpoint(bytes, "c")],
  // As one would be that somebody made up.
  ["checkpoint, sealed", [checkpoint], (bytes) => parseCheckpoint(bytes.length > 100 ? seal(bytes) : bytes, "c")],
  [
    "IDX",
    [
      encodeIdx(randn([2, 3])),
      encodeIdx(
        tensor([
          [1, 2],
          [3, 255],
        ]),
        { type: "ubyte" },
      ),
    ],
    parseIdx,
  ],
  ["CSV", tables, (bytes) => parseCsv(new TextDecoder().decode(bytes))],
  ["npz", [fixture("stored.npz"), fixture("deflated.npz"), encodeNpz(small, { compress: true })], parseNpz],
])("a damaged %s file", (_name, files, parse) => {
  it("is read, or is an error of this library, at once", { timeout: 60_000 + 20 * runs }, () => {
    let read = 0;
    const start = performance.now();
    const before = process.memoryUsage().arrayBuffers;
    for (let run = 0; run < runs; run++) {
      const bytes = mutated(generator.choice(files));
      try {
        parse(bytes);
        read++;
      } catch (error) {
        if (!(error instanceof ChainRuleError))
          throw new Error(`${error}\nfor Buffer.from("${Buffer.from(bytes).toString("base64")}", "base64")`, {
            cause: error,
          });
      }
    }
    expect(read).toBeLessThan(runs);
    expect((performance.now() - start) / runs).toBeLessThan(100);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(500e6);
  });
});
