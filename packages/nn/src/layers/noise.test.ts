import { Generator, manualSeed, OptionError, ones, randn, ShapeError, type Tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { AlphaDropout, GaussianNoise, type Layer, SpatialDropout1d, SpatialDropout2d } from "../index.ts";

const mean = (x: Tensor) => x.mean().item();
const deviation = (x: Tensor) => x.std().item();

describe.each<[string, (seed?: string) => Layer]>([
  ["GaussianNoise", (seed) => new GaussianNoise(0.3, { seed })],
  ["AlphaDropout", (seed) => new AlphaDropout(0.3, { seed })],
  ["SpatialDropout1d", (seed) => new SpatialDropout1d(0.3, { seed })],
])("%s", (_name, make) => {
  const x = randn([4, 6, 5]);

  it("does nothing in evaluation", () => {
    expect(make().eval().call(x)).toBe(x);
  });

  it("draws others at each call, the same again from the same seed, and from the default generator without one", () => {
    const twice = (layer: Layer) => [layer.call(x).toArray(), layer.call(x).toArray()];
    const [first, second] = twice(make("a"));
    expect(first).not.toEqual(second);
    expect(twice(make("a"))).toEqual([first, second]);
    const seeded = () => {
      manualSeed(3);
      return make().call(x).toArray();
    };
    expect(seeded()).toEqual(seeded());
  });
});

describe("GaussianNoise", () => {
  it("adds noise of its standard deviation and of mean 0", () => {
    const noise = new GaussianNoise({ stddev: 0.5, seed: 1 }).call(ones([100, 100])).sub(1);
    expect(Math.abs(mean(noise))).toBeLessThan(0.02);
    expect(deviation(noise)).toBeCloseTo(0.5, 2);
    expect(new GaussianNoise(0).call([1, 2]).toArray()).toEqual([1, 2]);
  });

  it("refuses a negative one, and a seed beside a generator", () => {
    expect(() => new GaussianNoise(-1)).toThrow(ValueError);
    expect(() => new GaussianNoise(1, { seed: 1, generator: new Generator(1) })).toThrow(OptionError);
  });
});

describe("SpatialDropout", () => {
  /** How many different numbers each channel has, and the share of channels that are 0. */
  const channels = (y: Tensor, axes: number[]) => ({
    spread: y.max(axes).sub(y.min(axes)).abs().max().item(),
    dropped: mean(y.max(axes).equal(0).cast("float32")),
  });

  it("drops whole channels, and scales up the others", () => {
    const images = new SpatialDropout2d({ rate: 0.25, seed: 1 }).call(ones([100, 40, 3, 2]));
    const { spread, dropped } = channels(images, [2, 3]);
    expect(spread).toBe(0);
    expect(dropped).toBeCloseTo(0.25, 1.5);
    expect(images.max().item()).toBeCloseTo(4 / 3, 6);
  });

  it("finds them along axis 1, or in the last", () => {
    const first = new SpatialDropout1d(0.5, { seed: 1 }).call(ones([20, 6, 5]));
    expect(channels(first, [2]).spread).toBe(0);
    const last = new SpatialDropout1d(0.5, { seed: 1, dataFormat: "channels_last" }).call(ones([20, 5, 6]));
    expect(channels(last, [1]).spread).toBe(0);
    expect(channels(last, [2]).spread).toBe(2);
  });

  it("refuses other inputs, rates and formats", () => {
    expect(() => new SpatialDropout2d(0.5).call(ones([2, 3]))).toThrow(ShapeError);
    expect(() => new SpatialDropout1d(1)).toThrow(ValueError);
    expect(() => new SpatialDropout1d(0.5, { dataFormat: "last" as never })).toThrow(/channels_first/);
  });
});

describe("AlphaDropout", () => {
  it("keeps mean 0 and variance 1", () => {
    const y = new AlphaDropout(0.2, { seed: 1 }).call(randn([200, 200], { generator: new Generator(2) }));
    expect(Math.abs(mean(y))).toBeLessThan(0.02);
    expect(deviation(y)).toBeCloseTo(1, 1.7);
  });

  it("has what a SELU has at minus infinity where it drops, as Keras and PyTorch do", () => {
    // PyTorch 2.13: F.alpha_dropout(torch.ones(1000), 0.2, training=True).unique()
    const values = [...new Set(new AlphaDropout(0.2, { seed: 1 }).call(ones([1000])).toTypedArray())];
    expect(values.length).toBe(2);
    const [low, high] = values.sort((a, b) => a - b);
    expect(low).toBeCloseTo(-1.2361598, 5);
    expect(high).toBeCloseTo(1.1879435, 5);
  });
});
