/**
 * What softmax and its relatives are made of, on rows of floats that lie one behind another: the largest number of each row
 * and the sum of exponentials below it, and each row divided or shifted by numbers of its own.
 *
 * Addresses in bytes. Rows are read and written in vectors, whose last one may reach into the next row: what it writes there
 * is overwritten by that row's own numbers, so that no function may write where it reads, and 12 bytes are needed behind.
 */
import type { Code, FunctionDefinition, Term } from "../assembler.ts";
import { math } from "./math.ts";

export interface SoftmaxFunctions {
  /** Each row's largest number, a float, and Σ exp(x - largest), a double. NaN is passed over by the one, not by the other. */
  sums(rows: number, n: number, x: number, largest: number, sums: number): void;
  /** The same, and writes the exponentials. */
  exponentials(rows: number, n: number, x: number, largest: number, sums: number, y: number): void;
  /** y = x / a, given an `a` for each row. */
  divide(rows: number, n: number, x: number, a: number, y: number): void;
  /** y = (x - a) - b, given both for each row. */
  subtract(rows: number, n: number, x: number, a: number, b: number, y: number): void;
  /** to = y g - y Σ y g, what softmax y sends back of g. */
  backward(rows: number, n: number, g: number, y: number, to: number): void;
  /** to = g - eʸ Σ g, what its logarithm y sends back. */
  logBackward(rows: number, n: number, g: number, y: number, to: number): void;
}

/** The first two parameters of all. */
const [rows, n] = [0, 1];

/** Walks through the rows of arrays, whose addresses are in locals. */
class Rows {
  readonly code: Code;
  readonly #arrays: readonly number[];
  readonly #rest: number;
  readonly #mask: number;

  constructor(code: Code, arrays: readonly number[]) {
    this.code = code;
    this.#arrays = arrays;
    this.#rest = code.local("i32");
    this.#mask = code.local("v128");
    code.put(this.#rest, n, [3], "i32.and");
    code.put(this.#mask, code.intsOnce([0, 1, 2, 3]), this.#rest, "i32x4.splat", "i32x4.lt_s");
  }

  /** Runs `body` for each row. */
  each(body: () => void): void {
    const { code } = this;
    code.repeat(rows, () => {
      body();
      for (const array of this.#arrays) code.put(array, array, n, [2], "i32.shl", "i32.add");
    });
  }

  /**
   * Runs `body` for each vector of the row, given where its arrays are at.
   *
   * @param body is written twice: for whole vectors, and with a mask for what is left over.
   */
  eachVector(body: (at: readonly number[], mask: number | null) => void): void {
    const { code } = this;
    const count = code.local("i32");
    const at = this.#arrays.map(() => code.local("i32"));
    at.forEach((local, i) => {
      code.put(local, this.#arrays[i]);
    });
    code.put(count, n, [2], "i32.shr_u");
    code.repeat(count, () => {
      body(at, null);
      for (const local of at) code.advance(local, 16);
    });
    code.get(this.#rest).branch(() => body(at, this.#mask));
  }
}

/** Leaves the largest of four floats. */
function largestOfLanes(code: Code, x: number): void {
  for (const lane of [0, 1, 2, 3]) {
    code.get(x).lane("f32x4.extract_lane", lane);
    if (lane > 0) code.op("f32.max");
  }
}

/** Adds four floats to two vectors of doubles. */
function add(code: Code, x: number, low: number, high: number): void {
  code.put(low, low, x, "f64x2.promote_low_f32x4", "f64x2.add");
  code.get(high).get(x).get(x).shuffle(2, 3, 2, 3).op("f64x2.promote_low_f32x4", "f64x2.add").set(high);
}

/** Leaves the sum of all four. */
function total(code: Code, low: number, high: number): void {
  code.put(low, low, high, "f64x2.add");
  for (const lane of [0, 1]) code.get(low).lane("f64x2.extract_lane", lane);
  code.op("f64.add");
}

function sums(withExponentials: boolean): FunctionDefinition {
  const [x, largest, totals, y] = [2, 3, 4, 5];
  return {
    name: withExponentials ? "exponentials" : "sums",
    parameters: new Array<"i32">(withExponentials ? 6 : 5).fill("i32"),
    body: (code) => {
      const walk = new Rows(code, withExponentials ? [x, y] : [x]);
      const [most, low, high, e] = [0, 1, 2, 3].map(() => code.local("v128"));
      const lowest = code.floatsOnce(Number.NEGATIVE_INFINITY);
      walk.each(() => {
        code.put(most, lowest);
        walk.eachVector(([at], mask) => {
          code.get(most).get(at).access("v128.load");
          if (mask !== null) code.push(lowest, mask, "v128.bitselect");
          code.op("f32x4.pmax").set(most);
        });
        code.get(largest);
        largestOfLanes(code, most);
        code.access("f32.store").get(largest).access("v128.load32_splat").set(most);
        code.put(low, code.doublesOnce(0)).put(high, low);
        walk.eachVector(([at, to], mask) => {
          code.get(at).access("v128.load").push(most, "f32x4.sub");
          math.exp(code);
          if (mask !== null) code.push(mask, "v128.and");
          code.set(e);
          if (withExponentials) code.get(to).get(e).access("v128.store");
          add(code, e, low, high);
        });
        code.get(totals);
        total(code, low, high);
        code.access("f64.store");
        code.advance(largest, 4).advance(totals, 8);
      });
    },
  };
}

/** Each row and so many numbers of its own, one after another. */
function withNumbers(name: string, numbers: number, instruction: "f32x4.sub" | "f32x4.div"): FunctionDefinition {
  const x = 2;
  const own = Array.from({ length: numbers }, (_, i) => 3 + i);
  const y = 3 + numbers;
  return {
    name,
    parameters: new Array<"i32">(4 + numbers).fill("i32"),
    body: (code) => {
      const walk = new Rows(code, [x, y]);
      const spread = own.map(() => code.local("v128"));
      walk.each(() => {
        own.forEach((address, i) => {
          code.get(address).access("v128.load32_splat").set(spread[i]).advance(address, 4);
        });
        walk.eachVector(([at, to]) => {
          code.get(to).get(at).access("v128.load");
          for (const number of spread) code.push(...([number, instruction] satisfies Term[]));
          code.access("v128.store");
        });
      });
    },
  };
}

/** What softmax sends back of g, given its result or that's logarithm y. */
function backward(ofLog: boolean): FunctionDefinition {
  const [g, y, to] = [2, 3, 4];
  return {
    name: ofLog ? "logBackward" : "backward",
    parameters: new Array<"i32">(5).fill("i32"),
    body: (code) => {
      const walk = new Rows(code, [g, y, to]);
      const [low, high, x, sum] = [0, 1, 2, 3].map(() => code.local("v128"));
      walk.each(() => {
        code.put(low, code.doublesOnce(0)).put(high, low);
        walk.eachVector(([gAt, yAt], mask) => {
          code.get(gAt).access("v128.load");
          if (!ofLog) code.get(yAt).access("v128.load").op("f32x4.mul");
          if (mask !== null) code.push(mask, "v128.and");
          code.set(x);
          add(code, x, low, high);
        });
        total(code, low, high);
        code.op("f32.demote_f64", "f32x4.splat").set(sum);
        walk.eachVector(([gAt, yAt, at]) => {
          code.get(at).get(gAt).access("v128.load");
          if (ofLog) {
            code.get(yAt).access("v128.load");
            math.exp(code);
          } else {
            code.get(yAt).access("v128.load").tee(x).op("f32x4.mul").get(x);
          }
          code.push(sum, "f32x4.mul", "f32x4.sub").access("v128.store");
        });
      });
    },
  };
}

export function softmaxFunctions(): FunctionDefinition[] {
  const divide = withNumbers("divide", 1, "f32x4.div");
  const subtract = withNumbers("subtract", 2, "f32x4.sub");
  return [sums(false), sums(true), divide, subtract, backward(false), backward(true)];
}
