import {
  arange,
  Generator,
  OptionError,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  CategoryEncoding,
  Dense,
  type Layer,
  Normalization,
  RandomCrop,
  RandomFlip,
  RandomRotation,
  RandomTranslation,
  RandomZoom,
  Rescaling,
  Sequential,
} from "../index.ts";

describe("Rescaling", () => {
  it("takes whole numbers, and refuses what is no number", () => {
    expect(new Rescaling(0.5).call(tensor([[1, 3]], { dtype: "int32" })).toArray()).toEqual([[0.5, 1.5]]);
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, "2"])
      expect(() => new Rescaling(wrong as number)).toThrow(ValueError);
  });
});

describe("Normalization", () => {
  const data = randn([50, 3], { generator: new Generator(1) })
    .mul([1, 5, 0.1])
    .add([0, 10, -3]);

  it("brings features to mean 0 and variance 1, as data say", () => {
    const y = new Normalization().adapt(data).call(data);
    expectClose(y.mean(0).add(1), ones([3]), { tolerance: 1e-5 });
    expectClose(y.square().mean(0), ones([3]), { tolerance: 1e-5 });
  });

  it("takes channels, all numbers together, and goes the other way", () => {
    const images = randn([4, 2, 3, 3]).mul(3).add(7);
    const y = new Normalization({ axis: 1 }).adapt(images).call(images);
    expectClose(y.mean([0, 2, 3]).add(1), ones([2]), { tolerance: 1e-5 });
    const one = new Normalization({ axis: null }).adapt([1, 3]);
    expect(one.call([5]).toArray()).toEqual([3]);
    const there = new Normalization().adapt(data);
    const back = new Normalization({ invert: true }).adapt(data);
    expectClose(back.call(there.call(data)), data, { tolerance: 1e-5 });
  });

  it("leaves numbers as they are before, and features that never change at 0", () => {
    expect(new Normalization().call([[1, 2]]).toArray()).toEqual([[1, 2]]);
    expect(
      new Normalization()
        .adapt([[3], [3]])
        .call([[3]])
        .toArray(),
    ).toEqual([[0]]);
  });

  it("keeps what it knows in its state, which training does not change", async () => {
    const model = new Sequential([new Normalization({ inputDim: 3 }), new Dense(1)]);
    (model.layers[0] as Normalization).adapt(data);
    const before = model.stateDict()["layers.0.mean"].toArray();
    model.compile({ optimizer: "sgd", loss: "mse" });
    await model.fit(data, data.slice(":", [0, 1]), { epochs: 2, verbose: 0 });
    expect(model.stateDict()["layers.0.mean"].toArray()).toEqual(before);
    expect(model.countParameters()).toEqual({ total: 10, trainable: 4, nonTrainable: 6 });
  });

  it("refuses data that do not fit, and changes nothing then", () => {
    const layer = new Normalization().adapt([[1], [3]]);
    expect(() => layer.adapt(ones([0, 1]))).toThrow(/at least one sample/);
    expect(() => layer.adapt(ones([2, 2]))).toThrow(ShapeError);
    expect(layer.mean.toArray()).toEqual([2]);
    expect(() => new Normalization({ mean: 1 })).toThrow(/mean and variance, or neither/);
    expect(() => new Normalization({ mean: [1, 2], variance: [1, -2] })).toThrow(OptionError);
    expect(() => new Normalization({ mean: [1, 2], variance: 1, inputDim: 3 })).toThrow(ShapeError);
    expect(() => new Normalization({ axis: 0 })).toThrow(OptionError);
    expect(() => new Normalization().call([1, 2])).toThrow(/axis: null/);
  });
});

describe("CategoryEncoding", () => {
  const of = (outputMode: "multi_hot" | "one_hot" | "count") => new CategoryEncoding({ numTokens: 3, outputMode });

  it("makes rows of zeros and ones, or counts, as Keras does", () => {
    expect(
      of("multi_hot")
        .call([[0, 2, 2]])
        .toArray(),
    ).toEqual([[1, 0, 1]]);
    expect(
      of("count")
        .call([[0, 2, 2]])
        .toArray(),
    ).toEqual([[1, 0, 2]]);
    expect(
      of("one_hot")
        .call([[1], [2]])
        .toArray(),
    ).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(
      of("one_hot")
        .call([[1, 2]])
        .toArray(),
    ).toEqual([
      [
        [0, 1, 0],
        [0, 0, 1],
      ],
    ]);
    for (const mode of ["multi_hot", "one_hot", "count"] as const)
      expect(of(mode).call([1]).toArray()).toEqual([[0, 1, 0]]);
  });

  it("refuses what is no category", () => {
    for (const wrong of [3, -1, 0.5, Number.NaN]) expect(() => of("count").call([[wrong]])).toThrow(ValueError);
    expect(() => of("tf_idf" as never)).toThrow(/multi_hot, one_hot, count/);
  });
});

const images = arange(0, 2 * 3 * 4 * 5).reshape(2, 3, 4, 5);

describe.each<[string, (seed?: string) => Layer]>([
  ["RandomFlip", (seed) => new RandomFlip({ seed })],
  ["RandomRotation", (seed) => new RandomRotation({ factor: 0.2, seed })],
  ["RandomTranslation", (seed) => new RandomTranslation({ heightFactor: 0.2, widthFactor: 0.2, seed })],
  ["RandomZoom", (seed) => new RandomZoom(0.3, { seed })],
  ["RandomCrop", (seed) => new RandomCrop({ height: 2, width: 2, seed })],
])("%s", (_name, make) => {
  it("draws anew at each call, and the same again from the same seed", () => {
    const calls = (layer: Layer) => Array.from({ length: 6 }, () => layer.call(images).toArray());
    const found = calls(make("a"));
    expect(new Set(found.map((each) => JSON.stringify(each))).size).toBeGreaterThan(1);
    expect(calls(make("a"))).toEqual(found);
  });

  it("does something else with each image", () => {
    const same = images.slice([0, 1]).broadcastTo([32, 3, 4, 5]);
    const rows = make("a").call(same);
    expect(
      rows
        .sub(rows.slice([0, 1]))
        .abs()
        .max()
        .item(),
    ).toBeGreaterThan(0);
  });

  it("refuses what is no image", () => {
    expect(() => make().call(ones([2, 3]))).toThrow(ShapeError);
  });
});

describe("random images", () => {
  it("are as they were in evaluation; cropped ones come from the middle", () => {
    for (const layer of [new RandomFlip(), new RandomRotation(0.5), new RandomZoom(0.5)])
      expect(layer.eval().call(images)).toBe(images);
    const middle = new RandomCrop({ height: 2, width: 3 }).eval().call(images);
    expect(middle.toArray()).toEqual(images.slice(":", ":", [1, 3], [1, 4]).toArray());
  });

  it("are pieces of what was there: flips are exact, crops stand at every place", () => {
    const one = arange(0, 6).reshape(1, 1, 2, 3).broadcastTo([200, 1, 2, 3]);
    const kinds = (y: Tensor) =>
      new Set(
        y
          .reshape(200, -1)
          .toArray(2)
          .map((row) => row.join()),
      );
    expect(kinds(new RandomFlip("horizontal", { seed: 1 }).call(one))).toEqual(new Set(["0,1,2,3,4,5", "2,1,0,5,4,3"]));
    expect(kinds(new RandomFlip("vertical", { seed: 1 }).call(one))).toEqual(new Set(["0,1,2,3,4,5", "3,4,5,0,1,2"]));
    expect(kinds(new RandomFlip({ seed: 1 }).call(one)).size).toBe(4);
    expect(kinds(new RandomCrop({ height: 1, width: 2, seed: 1 }).call(one))).toEqual(
      new Set(["0,1", "1,2", "3,4", "4,5"]),
    );
  });

  it("turn anticlockwise: a quarter turn of a square is exact", () => {
    const square = tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]);
    expectClose(
      new RandomRotation([0.25, 0.25]).call(square),
      { shape: [1, 1, 2, 2], data: [2, 4, 1, 3] },
      { tolerance: 1e-5 },
    );
  });

  it("refuse options that cannot be", () => {
    for (const wrong of [-0.1, [0.2, 0.1], Number.NaN, "0.1", [1]])
      expect(() => new RandomRotation(wrong as number)).toThrow(OptionError);
    expect(() => new RandomZoom([-1, 0])).toThrow(/above -1/);
    expect(() => new RandomRotation(0.1, { fillMode: "mirror" as never })).toThrow(/reflect, constant, nearest, wrap/);
    expect(() => new RandomFlip("both" as never)).toThrow(OptionError);
    expect(() => new RandomCrop({ height: 6, width: 2 }).call(images)).toThrow(/images of at least 6 by 2/);
    expect(() => new RandomFlip({ seed: 1, generator: new Generator(1) })).toThrow(OptionError);
  });
});
