/**
 * Softmax and its kin on the rows of a matrix in WebAssembly: each row is worked on to its end while the cache has it.
 *
 * All matrices are float32, contiguous, `rows` by `columns`; addresses are in bytes; `to` may be `from`.
 */
import { type Code, type FunctionDefinition, numbered } from "./assembler.ts";
import { exp } from "./math-exp.ts";
import { log } from "./math-log.ts";

const mapParameters = numbered(["from", "to", "rows", "columns"]);
const backwardParameters = numbered(["output", "gradient", "to", "rows", "columns"]);
const lossParameters = numbered(["from", "labels", "scales", "losses", "to", "rows", "columns"]);

/** (from, to, rows, columns): a row's function, by name. */
export type RowFunction = (from: number, to: number, rows: number, columns: number) => void;
/** (output, gradient, to, rows, columns): the gradient by the input from that by the output. */
export type RowBackward = (output: number, gradient: number, to: number, rows: number, columns: number) => void;
/**
 * (from, labels, scales, losses, to, rows, columns): for logits in `from` and int32 labels within the columns, each
 * row's loss log Σ exp(x) - x[label], times its scale, into `losses`, and the loss's gradient (softmax - 1 at the
 * label) times scale into `to`. `scales` has a float for each row, or is 0 for all ones; `to` may be 0 for no gradient.
 */
export type RowLoss = (
  from: number,
  labels: number,
  scales: number,
  losses: number,
  to: number,
  rows: number,
  columns: number,
) => void;

export interface RowFunctions {
  /** exp(x) / Σ exp(x) */
  readonly softmax: RowFunction;
  /** x - log Σ exp(x) */
  readonly logSoftmax: RowFunction;
  /** log Σ exp(x), one float for each row. */
  readonly logSumExp: RowFunction;
  /** y (g - Σ g y) */
  readonly softmaxBackward: RowBackward;
  /** g - exp(y) Σ g */
  readonly logSoftmaxBackward: RowBackward;
  readonly crossEntropy: RowLoss;
}

/** The functions of a module that works on rows, see `RowFunctions`. */
export function rowFunctions(): readonly FunctionDefinition[] {
  const define = (name: keyof RowFunctions, parameters: object, body: (rows: Rows) => void): FunctionDefinition => ({
    name,
    parameters: Object.keys(parameters).map(() => "i32"),
    body: (code) => body(new Rows(code)),
  });
  return [
    define("softmax", mapParameters, softmax),
    define("logSoftmax", mapParameters, logSoftmax),
    define("logSumExp", mapParameters, logSumExp),
    define("softmaxBackward", backwardParameters, softmaxBackward),
    define("logSoftmaxBackward", backwardParameters, logSoftmaxBackward),
    define("crossEntropy", lossParameters, crossEntropy),
  ];
}

function softmax(rows: Rows): void {
  const { from, to, rows: count, columns } = mapParameters;
  rows.each(count, columns, [from, to], () => {
    const most = rows.most(from, columns);
    const total = rows.sum(columns, [from, to], () => exponential(rows, from, most), to);
    rows.walk(columns, [to], () => rows.write(to, () => rows.read(to).get(total).op("f32x4.div")));
  });
}

function logSoftmax(rows: Rows): void {
  const { from, to, rows: count, columns } = mapParameters;
  rows.each(count, columns, [from, to], () => {
    const most = rows.most(from, columns);
    const total = rows.sum(columns, [from], () => exponential(rows, from, most));
    rows.code.get(total);
    log(rows.code);
    rows.code.set(total);
    rows.walk(columns, [from, to], () =>
      rows.write(to, () => rows.read(from).push(most, "f32x4.sub", total, "f32x4.sub")),
    );
  });
}

function logSumExp(rows: Rows): void {
  const { from, to, rows: count, columns } = mapParameters;
  const { code } = rows;
  rows.each(count, columns, [from], () => {
    const most = rows.most(from, columns);
    const finite = code.local("v128");
    // Of infinities nothing can be subtracted: they are the sum.
    code.put(finite, most, "f32x4.abs", code.floatsOnce(Number.POSITIVE_INFINITY), "f32x4.lt");
    code.put(most, most, finite, "v128.and");
    const total = rows.sum(columns, [from], () => exponential(rows, from, most));
    code.get(total);
    log(code);
    code.push(most, "f32x4.add").set(total);
    code.get(to).get(total).accessLane("v128.store32_lane", 0).advance(to, 4);
  });
}

/** exp(x - most) of what is read. */
function exponential(rows: Rows, from: number, most: number): void {
  rows.read(from).push(most, "f32x4.sub");
  exp(rows.code);
}

function softmaxBackward(rows: Rows): void {
  const { output, gradient, to, rows: count, columns } = backwardParameters;
  rows.each(count, columns, [output, gradient, to], () => {
    const product = () => {
      rows.read(output);
      rows.read(gradient).op("f32x4.mul");
    };
    const total = rows.sum(columns, [output, gradient], product);
    rows.walk(columns, [output, gradient, to], () =>
      rows.write(to, () => {
        rows.read(gradient).push(total, "f32x4.sub");
        rows.read(output).op("f32x4.mul");
      }),
    );
  });
}

function logSoftmaxBackward(rows: Rows): void {
  const { output, gradient, to, rows: count, columns } = backwardParameters;
  rows.each(count, columns, [output, gradient, to], () => {
    const total = rows.sum(columns, [gradient], () => rows.read(gradient));
    rows.walk(columns, [output, gradient, to], () =>
      rows.write(to, () => {
        rows.read(gradient);
        rows.read(output);
        exp(rows.code);
        rows.code.push(total, "f32x4.mul", "f32x4.sub");
      }),
    );
  });
}

function crossEntropy(rows: Rows): void {
  const { from, labels, scales, losses, to, rows: count, columns } = lossParameters;
  const { code } = rows;
  const [scale, hit] = [code.local("v128"), code.local("v128")];
  const at = code.local("i32");
  code.put(scale, code.floatsOnce(1));
  rows.each(count, columns, [from], () => {
    code.get(scales).branch(() => code.get(scales).access("v128.load32_splat").set(scale).advance(scales, 4));
    code.put(at, labels).get(at).access("i32.load").int(2).op("i32.shl").set(at);
    code.push(from, at, "i32.add").access("v128.load32_splat").set(hit);
    const most = rows.most(from, columns);
    const total = code.local("v128");
    code.get(to).branch(
      () => code.get(rows.sum(columns, [from, to], () => exponential(rows, from, most), to)).set(total),
      () => code.get(rows.sum(columns, [from], () => exponential(rows, from, most))).set(total),
    );
    code.get(losses).get(total);
    log(code);
    code.push(most, hit, "f32x4.sub", "f32x4.add", scale, "f32x4.mul").accessLane("v128.store32_lane", 0);
    code.get(to).branch(() => {
      code.put(total, scale, total, "f32x4.div");
      rows.walk(columns, [to], () => rows.write(to, () => rows.read(to).push(total, "f32x4.mul")));
      code.push(to, at, "i32.add").tee(at);
      code.get(at).access("v128.load32_zero").push(scale, "f32x4.sub").accessLane("v128.store32_lane", 0);
      code.put(to, to, columns, [2], "i32.shl", "i32.add");
    });
    code.advance(losses, 4).advance(labels, 4);
  });
}

/** Halves, then neighbours change places: after both, every lane has met every other. */
const turns = [
  [2, 3, 0, 1],
  [1, 0, 3, 2],
] as const;

/** Loops over rows, and within a row over vectors of four, then over what is left one by one. */
class Rows {
  readonly code: Code;
  #pointers: ReadonlyMap<number, number> = new Map();
  #wide = true;

  constructor(code: Code) {
    this.code = code;
  }

  /** Runs the body for each row, then moves the pointers to the next. */
  each(rows: number, columns: number, pointers: readonly number[], body: () => void): void {
    const { code } = this;
    code.push(columns, [0], "i32.le_s").branch(() => code.op("return"));
    code.repeat(rows, () => {
      body();
      for (const pointer of pointers) code.put(pointer, pointer, columns, [2], "i32.shl", "i32.add");
    });
  }

  /** Runs the body along a row, with places to `read` and `write` beside each of the pointers. */
  walk(columns: number, pointers: readonly number[], body: () => void): void {
    const { code } = this;
    const [count, ...moving] = [0, ...pointers].map(() => code.local("i32"));
    this.#pointers = new Map(pointers.map((pointer, i) => [pointer, moving[i]]));
    for (const [pointer, local] of this.#pointers) code.put(local, pointer);
    for (const wide of [true, false]) {
      this.#wide = wide;
      code.put(count, columns, ...(wide ? ([[2], "i32.shr_u"] as const) : ([[3], "i32.and"] as const)));
      code.repeat(count, () => {
        body();
        for (const local of moving) code.advance(local, wide ? 16 : 4);
      });
    }
  }

  /** Leaves what lies at the pointer: four floats, or one in every lane. */
  read(pointer: number): Code {
    return this.code.get(this.#pointers.get(pointer)!).access(this.#wide ? "v128.load" : "v128.load32_splat");
  }

  write(pointer: number, value: () => void): void {
    this.code.get(this.#pointers.get(pointer)!);
    value();
    if (this.#wide) this.code.access("v128.store");
    else this.code.accessLane("v128.store32_lane", 0);
  }

  /** A local with the row's largest number in every lane. NaN is passed over: it comes back with the sum. */
  most(from: number, columns: number): number {
    const { code } = this;
    const [most, turned] = [code.local("v128"), code.local("v128")];
    code.put(most, code.floatsOnce(Number.NEGATIVE_INFINITY));
    this.walk(columns, [from], () => {
      code.get(most);
      this.read(from).op("f32x4.pmax").set(most);
    });
    for (const [a, b, c, d] of turns) {
      code.get(most).get(most).shuffle(a, b, c, d).set(turned);
      code.put(most, most, turned, "f32x4.pmax");
    }
    return most;
  }

  /** A local with the sum of the values along the row in every lane; the values are also written to `to`, if given. */
  sum(columns: number, pointers: readonly number[], value: () => void, to?: number): number {
    const { code } = this;
    const [total, one, turned] = [code.local("v128"), code.local("v128"), code.local("v128")];
    code.zero128().set(total);
    this.walk(columns, pointers, () => {
      value();
      code.set(one);
      if (to !== undefined) this.write(to, () => code.get(one));
      if (!this.#wide) code.put(one, one, code.intsOnce([-1, 0, 0, 0]), "v128.and");
      code.put(total, total, one, "f32x4.add");
    });
    for (const [a, b, c, d] of turns) {
      code.get(total).get(total).shuffle(a, b, c, d).set(turned);
      code.put(total, total, turned, "f32x4.add");
    }
    return total;
  }
}
