import { DataError, ModelError, ShapeError, type Tensor, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { MinMaxScaler, StandardScaler } from "./scalers.ts";

const close = (x: Tensor, expected: readonly (readonly number[])[], digits = 6) => {
  const rows = x.toArray(2);
  expect(rows).toHaveLength(expected.length);
  rows.forEach((row, i) => {
    expect(row).toHaveLength(expected[i].length);
    row.forEach((value, j) => {
      expect(value).toBeCloseTo(expected[i][j], digits);
    });
  });
};

describe("StandardScaler", () => {
  it("scales to mean 0 and the population's standard deviation 1", () => {
    // Mean 3 and variance (4 + 1 + 0 + 1 + 4) / 5 = 2; mean 40 and variance 800.
    const x = tensor([
      [1, 0],
      [2, 20],
      [3, 40],
      [4, 60],
      [5, 80],
    ]);
    const scaler = new StandardScaler().fit(x);
    expect(scaler.offset.toArray()).toEqual([3, 40]);
    expect(scaler.scale.toArray()).toEqual([Math.SQRT2, Math.sqrt(800)]);
    const z = [-2, -1, 0, 1, 2].map((k) => [k / Math.SQRT2, k / Math.SQRT2]);
    close(scaler.transform(x), z);
    close(scaler.transform([[7, 40]]), [[4 / Math.SQRT2, 0]]);
  });

  // The example of scikit-learn's documentation of StandardScaler.
  it("agrees with scikit-learn's example", () => {
    const scaler = new StandardScaler().fit([
      [0, 0],
      [0, 0],
      [1, 1],
      [1, 1],
    ]);
    expect(scaler.offset.toArray()).toEqual([0.5, 0.5]);
    expect(scaler.transform([[2, 2]]).toArray()).toEqual([[3, 3]]);
  });

  it("moves constant columns to 0 and divides them by 1", () => {
    // The sum of ten 0.1 divided by 10 is not 0.1: a deviation computed from it would not be 0.
    const x = tensor(
      Array.from({ length: 10 }, () => [0.1, 7]),
      { dtype: "float64" },
    );
    const scaler = new StandardScaler().fit(x);
    expect(scaler.scale.toArray()).toEqual([1, 1]);
    expect(scaler.transform(x).toArray()).toEqual(Array.from({ length: 10 }, () => [0, 0]));
    expect(scaler.transform([[1.1, 8]]).toArray()).toEqual([[1, 1]]);
    expect(scaler.inverseTransform(scaler.transform(x)).toArray()).toEqual(x.toArray());
  });

  it("undoes itself", () => {
    const x = tensor(
      [
        [1.5, -200],
        [2.25, 300],
        [9, 12.5],
      ],
      { dtype: "float64" },
    );
    const scaler = new StandardScaler();
    close(scaler.inverseTransform(scaler.fitTransform(x)), x.toArray(2), 12);
  });

  it("keeps precision in float32 where the mean is far larger than the spread", () => {
    const scaler = new StandardScaler().fit([[1e7], [1e7 + 1], [1e7 + 2]]);
    close(scaler.transform([[1e7 + 1]]), [[0]]);
    close(scaler.transform([[1e7 + 2]]), [[Math.sqrt(1.5)]]);
  });

  it("measures arrays in float64, and gives back what float32 could not tell apart", () => {
    const x = [[1700000000], [1700000060]];
    const scaler = new StandardScaler().fit(x);
    expect([scaler.offset.item(), scaler.scale.item()]).toEqual([1700000030, 30]);
    expect(scaler.transform(x).toArray()).toEqual([[-1], [1]]);
    expect(scaler.transform(x).dtype).toBe("float32");
    expect(scaler.inverseTransform(scaler.transform(x)).toArray()).toEqual(x);
    expect(scaler.inverseTransform([[1]]).dtype).toBe("float64");
    const double = tensor(x, { dtype: "float64" });
    expect(scaler.fitTransform(double).toArray()).toEqual([[-1], [1]]);
    expect(new MinMaxScaler().fitTransform(x).toArray()).toEqual([[0], [1]]);
    expect(
      new MinMaxScaler()
        .fit(x)
        .inverseTransform([[0], [1]])
        .toArray(),
    ).toEqual(x);
  });

  it("measures numbers whose squares leave float64", () => {
    for (const unit of [1e-200, 1e200, 1e300]) {
      const scaler = new StandardScaler().fit([[unit], [3 * unit]]);
      expect(scaler.scale.item() / unit).toBeCloseTo(1, 12);
      close(scaler.transform([[unit], [3 * unit]]), [[-1], [1]]);
    }
  });

  it("keeps the dtype of floats, and makes floats of integers", () => {
    const scaler = new StandardScaler().fit([[1], [3]]);
    expect(scaler.transform(tensor([[2]], { dtype: "float64" })).dtype).toBe("float64");
    expect(scaler.transform(tensor([[2]])).dtype).toBe("float32");
    expect(scaler.transform(tensor([[2]], { dtype: "int32" })).dtype).toBe("float32");
  });
});

describe("MinMaxScaler", () => {
  // The example of scikit-learn's documentation of MinMaxScaler.
  it("agrees with scikit-learn's example", () => {
    const data = [
      [-1, 2],
      [-0.5, 6],
      [0, 10],
      [1, 18],
    ];
    const scaler = new MinMaxScaler().fit(data);
    close(scaler.transform(data), [
      [0, 0],
      [0.25, 0.25],
      [0.5, 0.5],
      [1, 1],
    ]);
    close(scaler.transform([[2, 2]]), [[1.5, 0]]);
  });

  it("scales to another range, exact at its ends, and back", () => {
    const data = [[0.1], [0.2], [0.7]];
    const scaler = new MinMaxScaler({ featureRange: [-1, 1] });
    const z = scaler.fitTransform(data);
    expect(z.at(0, 0)).toBe(-1);
    expect(z.at(2, 0)).toBe(1);
    close(scaler.inverseTransform(z), data);
  });

  it("makes constant columns the lower end", () => {
    const scaler = new MinMaxScaler({ featureRange: [2, 6] });
    expect(scaler.fitTransform([[5], [5]]).toArray()).toEqual([[2], [2]]);
    expect(scaler.inverseTransform([[2]]).toArray()).toEqual([[5]]);
  });

  it.each([
    [1, 1],
    [1, 0],
    [Number.NaN, 1],
    [0, Number.POSITIVE_INFINITY],
    ["0" as never, 1],
  ])("refuses the range %d to %d", (a, b) => {
    expect(() => new MinMaxScaler({ featureRange: [a, b] })).toThrow(ValueError);
  });
});

describe.each([
  ["StandardScaler", () => new StandardScaler()],
  ["MinMaxScaler", () => new MinMaxScaler()],
])("%s", (name, make) => {
  it("must be fitted first", () => {
    expect(() => make().transform([[1]])).toThrow(ModelError);
    expect(() => make().inverseTransform([[1]])).toThrow(`${name}.inverseTransform: expected a scaler that was fitted`);
    expect(() => make().offset).toThrow(ModelError);
  });

  it("takes tables only, of as many columns as it was fitted on", () => {
    expect(() => make().fit([1, 2])).toThrow("One column is reshape(-1, 1)");
    expect(() => make().fit([[[1]]])).toThrow("flatten(1)");
    expect(() =>
      make()
        .fit([[1, 2]])
        .transform([[1]]),
    ).toThrow(ShapeError);
  });

  it("refuses no rows, NaN and infinities, naming row and column", () => {
    expect(() => make().fit(tensor([], { shape: [0, 3] }))).toThrow(DataError);
    expect(() =>
      make().fit([
        [1, 2],
        [3, Number.NaN],
      ]),
    ).toThrow("got NaN in row 1, column 1");
    expect(() => make().fit([[Number.NEGATIVE_INFINITY, 2]])).toThrow("got -Infinity in row 0, column 0");
  });

  it("refuses a column wider than float64", () => {
    expect(() => make().fit([[-1.7e308], [1.7e308], [1.7e308]])).toThrow(
      /expected columns whose width float64 can hold/,
    );
  });

  it("keeps what it measured before when a later fit fails", () => {
    const scaler = make().fit([[0], [2]]);
    expect(() => scaler.fit([[Number.NaN]])).toThrow(DataError);
    expect(scaler.offset.size).toBe(1);
  });
});
