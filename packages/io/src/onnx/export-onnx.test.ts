import { argsort, defineOp, randint, randn, type Tensor, tensor } from "@chainrule/core";
import { builtinOps } from "@chainrule/core/internal";
import {
  Activation,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  Functional,
  input,
  Lambda,
  LSTM,
  Sequential,
} from "@chainrule/nn";
import { PbfReader } from "pbf";
import { expect, it } from "vitest";
import { messageOf } from "../../test/fixture.ts";
import { encodeOnnx } from "./export-onnx.ts";
import { cannot, operatorOf } from "./operators.ts";

it("knows every op: an operator of ONNX, or why there is none", () => {
  const missing = builtinOps().filter((op) => !operatorOf(op) && !Object.hasOwn(cannot, op.name));
  expect(
    missing.map(({ name }) => name),
    "io/src/onnx/operators.ts wants an operator for each op",
  ).toEqual([]);
});

interface Read {
  opset: number;
  nodes: { op: string; inputs: string[]; outputs: string[] }[];
  initializers: Record<string, number[]>;
  inputs: Record<string, (number | string)[]>;
  outputs: Record<string, (number | string)[]>;
}

/** What of an .onnx file the tests look at, by the field numbers of onnx.proto. */
function read(bytes: Uint8Array): Read {
  const model: Read = { opset: 0, nodes: [], initializers: {}, inputs: {}, outputs: {} };
  const message = (pbf: PbfReader, fields: (tag: number) => void) =>
    pbf.readMessage((tag: number) => fields(tag), null as unknown);
  const value = (pbf: PbfReader, into: Record<string, (number | string)[]>) => {
    let name = "";
    const shape: (number | string)[] = [];
    message(pbf, (tag) => {
      if (tag === 1) name = pbf.readString();
      if (tag === 2)
        message(pbf, (type) => {
          if (type === 1)
            message(pbf, (field) => {
              if (field === 2)
                message(pbf, () =>
                  message(pbf, (dim) => {
                    shape.push(dim === 1 ? pbf.readVarint() : pbf.readString());
                  }),
                );
            });
        });
    });
    into[name] = shape;
  };
  const graph = (pbf: PbfReader) =>
    message(pbf, (tag) => {
      if (tag === 1) {
        const node = { op: "", inputs: [] as string[], outputs: [] as string[] };
        message(pbf, (field) => {
          if (field === 1) node.inputs.push(pbf.readString());
          if (field === 2) node.outputs.push(pbf.readString());
          if (field === 4) node.op = pbf.readString();
        });
        model.nodes.push(node);
      }
      if (tag === 5) {
        const dims: number[] = [];
        let name = "";
        message(pbf, (field) => {
          if (field === 1) dims.push(pbf.readVarint());
          if (field === 8) name = pbf.readString();
        });
        model.initializers[name] = dims;
      }
      if (tag === 11) value(pbf, model.inputs);
      if (tag === 12) value(pbf, model.outputs);
    });
  new PbfReader(bytes).readFields((tag, _, pbf) => {
    if (tag === 7) graph(pbf);
    if (tag === 8)
      message(pbf, (field) => {
        if (field === 2) model.opset = pbf.readVarint();
      });
  }, null);
  return model;
}

it("writes inference for any batch size, with the model's names", () => {
  const model = new Sequential([
    new Dense({ units: 4, inputDim: 3, activation: "relu" }),
    new Dropout(0.5),
    new Dense({ units: 2 }),
  ]);
  model.train();
  const found = read(encodeOnnx(model));
  expect(found.opset).toBe(17);
  expect(found.inputs).toEqual({ input: ["batch", 3] });
  expect(found.outputs).toEqual({ output: ["batch", 2] });
  expect(found.nodes.map(({ op }) => op)).toEqual(["MatMul", "Add", "Relu", "MatMul", "Add", "Identity"]);
  expect(found.initializers).toEqual({
    "layers.0.kernel": [3, 4],
    "layers.0.bias": [4],
    "layers.2.kernel": [4, 2],
    "layers.2.bias": [2],
  });
  expect(model.training, "modes are put back").toBe(true);
});

it("names inputs and outputs as they are called", () => {
  const [a, b] = [input([2]), input([2])];
  const sum = new Dense({ units: 1 }).call(a);
  const model = new Functional({ inputs: [a, b], outputs: { price: sum, kind: new Dense({ units: 3 }).call(b) } });
  const found = read(encodeOnnx(model, { example: [randn([1, 2]), randn([1, 2])], inputs: ["left", "right"] }));
  expect(found.inputs).toEqual({ left: ["batch", 2], right: ["batch", 2] });
  expect(found.outputs).toEqual({ price: ["batch", 1], kind: ["batch", 3] });
});

it("takes whole numbers by the example's dtype", () => {
  const model = new Sequential([new Embedding({ inputDim: 5, outputDim: 2, inputShape: [3] }), new Flatten()]);
  const found = read(encodeOnnx(model, { example: randint(0, 5, [2, 3]) }));
  expect(found.nodes.map(({ op }) => op)).toEqual(["Gather", "Reshape", "Identity"]);
  expect(found.outputs).toEqual({ output: ["batch", 6] });
});

const mapped = (f: (x: Tensor) => Tensor) => new Sequential([new Lambda(f)]);
const example = randn([2, 3]);

it("says what cannot be exported", () => {
  const mine = defineOp<void>({ name: "exp", inferShape: ([x]) => x, kernel: () => {} });
  expect(
    messageOf(() =>
      encodeOnnx(
        mapped((x) => mine([x])),
        { example },
      ),
    ),
  ).toContain('got "exp"');
  expect(
    messageOf(() =>
      encodeOnnx(
        mapped((x) => argsort(x)),
        { example },
      ),
    ),
  ).toContain("the order of equal elements");
  expect(messageOf(() => encodeOnnx(new Sequential([new Activation("relu")])))).toContain("Pass { example: x }");
  expect(
    messageOf(() =>
      encodeOnnx(
        mapped((x) => x),
        { exmaple: example } as never,
      ),
    ),
  ).toContain('"exmaple"');
});

it("names the layer that has what cannot be exported, by its path as well", () => {
  const sorting = new Lambda((x) => argsort(x), { name: "ranks" });
  const inner = new Sequential([new Dense({ units: 3, inputDim: 3 }), sorting], { name: "inner" });
  const message = messageOf(() => encodeOnnx(new Sequential([new Dense({ units: 3, inputDim: 3 }), inner])));
  expect(message).toContain('exportOnnx, layer "ranks" (Lambda, layers.1.layers.1): expected a model of operations');
  const alone = messageOf(() => encodeOnnx(sorting, { example }));
  expect(alone).toContain('exportOnnx, layer "ranks" (Lambda): ');
});

it("tells what depends on the batch whatever the sizes of constants", () => {
  // Equal constants are one where they are small, and two where they are not.
  for (const units of [1, 2, 3, 4])
    expect(() => encodeOnnx(new LSTM({ units, inputShape: [2, 3] }), { example: randn([2, 2, 3]) })).not.toThrow();
});

it("refuses what is another computation for another batch size", () => {
  const byBatch = [
    (x: Tensor) => x.div(x.shape[0]),
    (x: Tensor) => x.add(tensor(Array.from({ length: x.shape[0] }, (_, i) => [i]))),
    (x: Tensor) => (x.shape[0] > 5 ? x.exp() : x.sin()),
  ];
  for (const f of byBatch) expect(messageOf(() => encodeOnnx(mapped(f), { example }))).toContain("batch size");
});
