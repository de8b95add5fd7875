/**
 * Models whose JSON is not as it was written: every value of it replaced, every name left out. Reading one gives a model
 * or an error of this library, at once.
 *
 * A part of the changes is tried here; `pnpm fuzz` tries them all.
 */
import { ChainRuleError, Generator, randn, tensor } from "@chainrule/core";
import { MinMaxScaler, StandardScaler, Vocabulary } from "@chainrule/data";
import { crossEntropy } from "@chainrule/losses";
import {
  Adam,
  Concatenate,
  Dense,
  Dropout,
  Functional,
  input,
  LSTM,
  l2,
  Sequential,
  SGD,
  stepDecay,
  TopKAccuracy,
} from "@chainrule/nn";
import { describe, expect, it } from "vitest";
import { layerTable } from "../../../nn/test/layer-table.ts";
import { mutations } from "../../test/mutations.ts";
import { encodeSafetensors, parseSafetensors } from "../formats/safetensors.ts";
import { encodeAll, encodeModel, parseAll } from "./file.ts";

const all = process.env.FUZZ_RUNS !== undefined;
const generator = new Generator(2);

async function sequential(): Promise<Uint8Array> {
  const model = new Sequential([
    new Dense({ units: 5, inputDim: 3, activation: "relu", kernelRegularizer: l2(0.01), generator }),
    new Dropout(0.3, { generator }),
    new Dense({ units: 2, generator }),
  ]).compile({
    optimizer: new Adam({ lr: stepDecay({ lr: 0.05, every: 2 }), clipNorm: 1 }),
    loss: crossEntropy.with({ labelSmoothing: 0.1 }),
    metrics: ["accuracy", new TopKAccuracy(1)],
  });
  await model.fit(randn([4, 3]), tensor([0, 1, 0, 1]), { verbose: 0 });
  return encodeModel(model, { optimizerState: true });
}

function functional(): Uint8Array {
  const [a, b] = [input([4, 2], { name: "a" }), input([3], { name: "b" })];
  const h = new LSTM({ units: 3 }).call(a);
  const out = new Dense(1).call(new Concatenate().call(h, b));
  const model = new Functional({ inputs: { a, b }, outputs: { out, h } });
  model.compile({ optimizer: "sgd", loss: { out: "mse", h: "mae" }, lossWeights: { h: 2 }, metrics: { out: ["mae"] } });
  return encodeModel(model);
}

function groups(): Uint8Array {
  const model = new Sequential([new Dense({ units: 2, inputDim: 2 }), new Dense(1)]);
  model.call(randn([1, 2]));
  const [first, second] = model.layers.map((layer) => layer.parameters());
  const lr = stepDecay({ lr: 0.05, every: 2 });
  const optimizer = new SGD(
    [
      { params: first, lr: 0.1 },
      { params: second, lr },
    ],
    { momentum: 0.9 },
  );
  return encodeModel(model.compile({ optimizer, loss: "mse" }));
}

function parts(): Uint8Array {
  const table = [
    [1, 2],
    [3, 5],
  ];
  const [scaler, range] = [new StandardScaler().fit(table), new MinMaxScaler().fit(table)];
  const vocabulary = new Vocabulary(["a b"]);
  const plain = { limits: [Number.POSITIVE_INFINITY], generator, t: tensor([1]), a: new Int8Array(3) };
  return encodeAll({ ...plain, scaler, range, vocabulary });
}

/** The layers of nn's table: with the rest of the suite one of each kind of option will do. */
function* layers(): Iterable<Uint8Array> {
  for (const each of layerTable) {
    if (each.name === "Lambda") continue; // Its function has no name.
    const layer = each.make({ dtype: "float64", generator });
    each.call(layer, ...each.inputs);
    yield encodeModel(layer);
  }
}

describe("a model's JSON, whatever is in place of a value", () => {
  it("is a model, or an error of this library, at once", { timeout: 600_000 }, async () => {
    const stride = all ? 1 : 9;
    let tried = 0;
    let read = 0;
    for (const bytes of [await sequential(), functional(), groups(), parts(), ...(all ? layers() : [])]) {
      const { tensors, metadata } = parseSafetensors(bytes);
      for (const { path, json } of mutations(JSON.parse(metadata.chainrule))) {
        if (tried++ % stride !== 0) continue;
        const file = encodeSafetensors(tensors, { metadata: { chainrule: json } });
        const start = performance.now();
        try {
          parseAll(file);
          read++;
        } catch (error) {
          if (!(error instanceof ChainRuleError)) throw new Error(`${error}, for ${path}`, { cause: error });
        }
        expect(performance.now() - start, path).toBeLessThan(1000);
      }
    }
    expect(read).toBeLessThan(tried / stride / 2);
  });
});
