import { DTypeError, Generator, OptionError, ones, type Parameter, ShapeError, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import type { BatchShape } from "../module/batch-shape.ts";
import { inferOutputShape } from "../module/infer-output-spec.ts";
import { Dense, Layer } from "./index.ts";
import { toModule } from "./shaping.ts";

class Scale extends Layer {
  factor!: Parameter;

  override build(inputShape: BatchShape): void {
    this.factor = this.addWeight([inputShape.at(-1) as number], "ones");
  }

  forward(x: Tensor): Tensor {
    return x.mul(this.factor);
  }
}

class Halves extends Layer {
  forward(x: Tensor): Tensor {
    return x.slice(":", [0, Math.floor(x.shape[1] / 2)]);
  }
}

describe("a layer of one's own", () => {
  it("makes its weights at the first call, once", () => {
    const layer = new Scale();
    expect(layer.built).toBe(false);
    layer.call(ones([2, 3]));
    const { factor } = layer;
    layer.call(ones([5, 3]));
    expect(layer.factor).toBe(factor);
    expect(layer.inputShape).toEqual([null, 3]);
    expect(layer.countParameters().trainable).toBe(3);
  });

  it("makes them in the dtype that it is told, by the generator that it is given", () => {
    const layer = new Scale({ dtype: "float64", generator: new Generator(1) });
    layer.ensureBuilt([null, 2]);
    expect(layer.factor.dtype).toBe("float64");
    expect(() => new Scale({ dtype: "int32" as never })).toThrow(/"float32" or "float64"/);
  });

  it("finds out what comes out of it by trying", () => {
    expect(new Halves().outputShape([null, 6])).toEqual([null, 3]);
    expect(new Scale().outputShape([null, 6])).toEqual([null, 6]);
  });

  it("names itself in errors", () => {
    const layer = new Scale({ name: "gain" });
    layer.call(ones([2, 3]));
    expect(() => layer.call(ones([2, 4]))).toThrow(/^layer "gain" \(Scale\): mul/);
    expect(() => (layer as { call(): Tensor }).call()).toThrow(/expected one input, got none/);
  });

  it("refuses options it does not know, and shapes that are none", () => {
    expect(() => new Scale({ nmae: "x" } as never)).toThrow(/Scale: expected options it knows, got "nmae".*\n.*"name"/);
    expect(() => new Scale({ inputShape: [-1] })).toThrow(ShapeError);
    expect(() => new Scale({ inputShape: 3 as never })).toThrow(ShapeError);
    expect(() => new Scale(3 as never)).toThrow(OptionError);
  });
});

describe("inferOutputShape", () => {
  it("tells lengths that vary from those that do not", () => {
    expect(
      inferOutputShape(
        toModule((x) => x.sum(1, { keepDims: true })),
        [null, null, 4],
      ),
    ).toEqual([null, 1, 4]);
  });

  it("leaves modes as they were", () => {
    const layer = new Halves();
    inferOutputShape(layer, [null, 4]);
    expect(layer.training).toBe(true);
  });

  it("passes errors on", () => {
    expect(() =>
      inferOutputShape(
        toModule((x) =>
          x
            .cast("bool" as never)
            .exp()
            .cast("nope" as never),
        ),
        [null, 2],
      ),
    ).toThrow(DTypeError);
    expect(() => inferOutputShape(new Dense({ units: 2, inputDim: 3 }), [null, 2])).toThrow(ShapeError);
  });
});
