/**
 * Scaling features to a common range, measured on the training part and applied to every part.
 */
import {
  DataError,
  getDefaultDType,
  isFloat,
  ModelError,
  OptionError,
  ShapeError,
  Tensor,
  type TensorLike,
  tensor,
  ValueError,
} from "@chainrule/core";
import { checkOptions, describe, teachNames } from "@chainrule/core/internal";
import { notSaved, readFields, readNumbers } from "./saved.ts";

/** What is taken off a column, and what the rest is divided by. */
interface ColumnStatistics {
  readonly offset: number;
  readonly scale: number;
}

/** What `fit` measured. */
interface Fitted {
  readonly offset: Tensor;
  readonly scale: Tensor;
  /** Whether float32 would move a number by more than a thousandth of its column's scale. */
  readonly needsFloat64: boolean;
}

/** What a fitted scaler is as JSON. */
export interface ScalerJSON {
  readonly offset: readonly number[];
  readonly scale: readonly number[];
  readonly needsFloat64: boolean;
}

/**
 * A scaler: z = (x - offset) / scale + shift, column by column. {@link StandardScaler} and {@link MinMaxScaler}
 * differ in what they measure.
 */
class Scaler {
  readonly #name: string;
  readonly #shift: number;
  readonly #measure: (column: Float64Array) => ColumnStatistics;
  #fitted: Fitted | undefined;

  constructor(name: string, measure: (column: Float64Array) => ColumnStatistics, shift = 0) {
    this.#name = name;
    this.#measure = measure;
    this.#shift = shift;
  }

  /** What is taken off each column, float64 [d]. @throws ModelError before `fit`. */
  get offset(): Tensor {
    return this.#requireFitted("offset").offset;
  }

  /** What each column is then divided by, float64 [d]. @throws ModelError before `fit`. */
  get scale(): Tensor {
    return this.#requireFitted("scale").scale;
  }

  /**
   * Measures each column, and returns the scaler.
   *
   * Arrays are read in float64. A tensor has the digits of its dtype: numbers that are large beside what they differ by,
   * such as times in seconds since 1970, want float64, `tensor(x, { dtype: "float64" })`.
   *
   * @param x the training part, [n, d].
   * @throws ShapeError unless `x` has two axes; DataError for no rows, NaN, infinities, and columns wider than float64.
   */
  fit(x: TensorLike): this {
    const where = `${this.#name}.fit`;
    const table = asTable(where, x);
    const [rows, width] = table.shape;
    if (rows === 0) throw new DataError({ where, expected: "at least one row", got: "none" });
    const values = table.toTypedArray();
    const columns = Array.from({ length: width }, (_, j) => {
      const column = Float64Array.from({ length: rows }, (_, i) => values[i * width + j]);
      checkFinite(where, column, j);
      const measured = this.#measure(column);
      if (!Number.isFinite(measured.offset) || !(measured.scale > 0 && measured.scale < Number.POSITIVE_INFINITY))
        throw new DataError({
          where,
          expected: "columns whose width float64 can hold",
          got: `a scale of ${measured.scale} for column ${j}`,
          hint: "Bring its numbers nearer to 1 first, in another unit or by their logarithm.",
        });
      const isFine =
        ({ scale }: ColumnStatistics) =>
        (x: number) =>
          Math.abs(Math.fround(x) - x) <= scale / 1000;
      return { ...measured, needsFloat64: !column.every(isFine(measured)) };
    });
    this.#fitted = {
      // JSON has no -0.
      offset: tensor(Float64Array.from(columns, ({ offset }) => offset + 0)),
      scale: tensor(Float64Array.from(columns, ({ scale }) => scale)),
      needsFloat64: columns.some(({ needsFloat64 }) => needsFloat64),
    };
    return this;
  }

  /**
   * Scales each column by what `fit` measured.
   *
   * @param x [n, d].
   * @returns [n, d], computed in float64: a tensor of floats keeps its dtype, anything else gives the default float.
   * @throws ModelError before `fit`; ShapeError for another number of columns.
   */
  transform(x: TensorLike): Tensor {
    return this.#apply("transform", x, (z, { offset, scale }) => z.sub(offset).div(scale).add(this.#shift));
  }

  /** `fit`, then `transform`: for the training part only. */
  fitTransform(x: TensorLike): Tensor {
    return this.fit(x).transform(x);
  }

  /**
   * Undoes `transform`.
   *
   * @returns [n, d] in the dtype that `transform` gives; but float64 where float32 could not tell apart what `fit` saw.
   * @throws ModelError before `fit`; ShapeError for another number of columns.
   */
  inverseTransform(x: TensorLike): Tensor {
    const undo = (z: Tensor, { offset, scale }: Fitted) => z.sub(this.#shift).mul(scale).add(offset);
    return this.#apply("inverseTransform", x, undo, this.#fitted?.needsFloat64);
  }

  /**
   * What `fit` measured, as JSON that gives back each bit: `fromJSON` of the same class reads it, and so do `saveAll` and
   * `loadAll`.
   *
   * @throws ModelError before `fit`.
   */
  toJSON(): ScalerJSON {
    const { offset, scale, needsFloat64 } = this.#requireFitted("toJSON");
    return { offset: Array.from(offset.storage), scale: Array.from(scale.storage), needsFloat64 };
  }

  /** Takes over what `toJSON` gave. @throws DataError for anything else. */
  protected restore(json: unknown): this {
    const where = `${this.#name}.fromJSON`;
    const fields = readFields(where, json);
    const [offset, scale] = (["offset", "scale"] as const).map((name) =>
      readNumbers(`${where}, ${name}`, fields[name]),
    );
    if (offset.length !== scale.length || !scale.every((x) => x > 0))
      throw notSaved(`${where}, scale`, `${offset.length} numbers above 0, as many as offsets`, fields.scale);
    if (typeof fields.needsFloat64 !== "boolean")
      throw notSaved(`${where}, needsFloat64`, "true or false", fields.needsFloat64);
    this.#fitted = { offset: tensor(offset), scale: tensor(scale), needsFloat64: fields.needsFloat64 };
    return this;
  }

  #apply(method: string, x: TensorLike, change: (z: Tensor, fitted: Fitted) => Tensor, needsFloat64 = false): Tensor {
    const fitted = this.#requireFitted(method);
    const where = `${this.#name}.${method}`;
    const table = asTable(where, x);
    if (table.shape[1] !== fitted.offset.size)
      throw new ShapeError({
        where,
        expected: `${fitted.offset.size} columns, as it was fitted on`,
        got: `shape [${table.shape.join(", ")}]`,
      });
    const keepsDType = x instanceof Tensor && isFloat(x.dtype);
    const dtype = keepsDType ? x.dtype : getDefaultDType();
    return change(table.cast("float64"), fitted).cast(needsFloat64 ? "float64" : dtype);
  }

  #requireFitted(method: string): Fitted {
    if (this.#fitted) return this.#fitted;
    throw new ModelError({
      where: `${this.#name}.${method}`,
      expected: "a scaler that was fitted",
      got: "one that was not",
      hint: "Measure the training part first: scaler.fit(xTrain).",
    });
  }
}

/**
 * Scales each column to mean 0 and standard deviation 1: z = (x - mean) / std.
 *
 * The standard deviation is the population's, √(Σ (x - mean)² / n). A constant column is only moved to 0, for its
 * deviation of 0 divides nothing: its `scale` is 1. `offset` holds the means, `scale` the deviations.
 *
 * Source: scikit-learn's `StandardScaler`.
 *
 * @example
 * const scaler = new StandardScaler().fit(xTrain);
 * const [train, test] = [scaler.transform(xTrain), scaler.transform(xTest)];
 */
export class StandardScaler extends Scaler {
  constructor(...none: readonly never[]) {
    refuseData("StandardScaler", none);
    super("StandardScaler", (column) => {
      // Rounding can leave a constant column a deviation just above 0, so that it is compared and not computed.
      if (column.every((x) => x === column[0])) return { offset: column[0], scale: 1 };
      const average = (f: (x: number) => number) => column.reduce((sum, x) => sum + f(x) / column.length, 0);
      const rough = average((x) => x);
      const mean = rough + average((x) => x - rough);
      // Squares of very large and very small numbers leave float64; those of shares of the largest do not.
      const largest = column.reduce((most, x) => Math.max(most, Math.abs(x - mean)), 0);
      return { offset: mean, scale: largest * Math.sqrt(average((x) => ((x - mean) / largest) ** 2)) };
    });
  }

  /**
   * The scaler that `toJSON` made JSON of.
   *
   * @throws DataError for JSON of anything else.
   *
   * @example
   * const scaler = new StandardScaler().fit(xTrain);
   * const same = StandardScaler.fromJSON(JSON.parse(JSON.stringify(scaler)));
   * same.transform(xTest);
   */
  static fromJSON(json: unknown): StandardScaler {
    return new StandardScaler().restore(json);
  }
}

/**
 * Scales each column so that its smallest value becomes a and its largest b: z = (x - min) / (max - min) · (b - a) + a.
 *
 * Values beyond those seen by `fit` come out beyond a and b. A constant column becomes a. `offset` holds the smallest
 * values, `scale` the widths (max - min) / (b - a).
 *
 * @param options `featureRange`: [a, b], by default [0, 1].
 * @throws ValueError unless a < b.
 *
 * Source: scikit-learn's `MinMaxScaler`.
 *
 * @example
 * const scaler = new MinMaxScaler({ featureRange: [-1, 1] }).fit(xTrain);
 */
export class MinMaxScaler extends Scaler {
  readonly #featureRange: readonly [number, number];

  constructor(options: { featureRange?: readonly [number, number] } = {}) {
    checkOptions("MinMaxScaler", options, ["featureRange"]);
    const range: unknown = options.featureRange ?? [0, 1];
    const [a, b] = Array.isArray(range) && range.every((x) => typeof x === "number") ? range : [Number.NaN, Number.NaN];
    if (!(a < b) || !Number.isFinite(b - a))
      throw new ValueError({
        where: "MinMaxScaler",
        expected: "featureRange [a, b] with a < b",
        got: Number.isNaN(a) ? describe(range) : `[${a}, ${b}]`,
      });
    const measure = (column: Float64Array) => {
      const min = column.reduce((least, x) => Math.min(least, x));
      const max = column.reduce((most, x) => Math.max(most, x));
      return { offset: min, scale: (max === min ? 1 : max - min) / (b - a) };
    };
    super("MinMaxScaler", measure, a + 0);
    this.#featureRange = [a, b];
  }

  override toJSON(): ScalerJSON & { readonly featureRange: readonly [number, number] } {
    const [a, b] = this.#featureRange;
    return { featureRange: [a + 0, b + 0], ...super.toJSON() };
  }

  /**
   * The scaler that `toJSON` made JSON of.
   *
   * @throws DataError for JSON of anything else.
   *
   * @example
   * const scaler = new MinMaxScaler().fit(xTrain);
   * MinMaxScaler.fromJSON(JSON.parse(JSON.stringify(scaler))).transform(xTest);
   */
  static fromJSON(json: unknown): MinMaxScaler {
    const where = "MinMaxScaler.fromJSON";
    const range = readNumbers(`${where}, featureRange`, readFields(where, json).featureRange);
    const [a, b] = range;
    if (range.length !== 2 || !(a < b) || !Number.isFinite(b - a))
      throw notSaved(`${where}, featureRange`, "[a, b] with a < b", [...range]);
    return new MinMaxScaler({ featureRange: [a, b] }).restore(json);
  }
}

/** Throws where a constructor is given what to measure. */
function refuseData(where: string, given: readonly unknown[]): void {
  if (given.length === 0) return;
  const hint = `Measure afterwards: new ${where}().fit(x).`;
  throw new OptionError({ where, expected: "no arguments", got: describe(given[0]), hint });
}

const statistics = "Write scaler.toJSON(), which has what was measured of each column.";

teachNames(Scaler.prototype, "scaler", "something that scalers have", {
  methods: {
    fit_transform: "Write fitTransform(x).",
    inverse_transform: "Write inverseTransform(x).",
    partial_fit: "Write fit(x) of all rows at once.",
  },
  properties: { mean_: statistics, scale_: statistics, var_: statistics, data_min_: statistics, data_max_: statistics },
});

function asTable(where: string, x: TensorLike): Tensor {
  const table = x instanceof Tensor ? x : tensor(x, { dtype: "float64" });
  if (table.rank === 2) return table;
  throw new ShapeError({
    where,
    expected: "a table of shape [n, d]",
    got: `shape [${table.shape.join(", ")}]`,
    hint:
      table.rank === 1 ? "One column is reshape(-1, 1), one row reshape(1, -1)." : "Flatten the rows with flatten(1).",
  });
}

function checkFinite(where: string, column: Float64Array, j: number): void {
  const row = column.findIndex((x) => !Number.isFinite(x));
  if (row < 0) return;
  throw new DataError({
    where,
    expected: "finite numbers",
    got: `${column[row]} in row ${row}, column ${j}`,
    hint: "Leave out the rows with gaps, or fill them, before scaling.",
  });
}
