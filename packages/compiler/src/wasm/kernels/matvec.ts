/**
 * The product of a matrix and a vector, which reads each element of the matrix once, where it lies.
 */
import { type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";
import { transpose } from "./gemm-pack.ts";
import { accumulateFlag, reluFlag } from "./gemm-tile.ts";

/** Strides are in bytes; y has m elements, x has k. */
const parameters = numbered([
  ...(["a", "aRow", "aColumn", "x", "xStep", "y", "yStep"] as const),
  ...(["m", "k", "flags", "bias", "biasStep"] as const),
]);

/** y = A x (or y += A x), as `gemm.vector`. */
export function matvecFunction({ relaxed }: { readonly relaxed: boolean }): FunctionDefinition {
  return {
    name: "gemm.vector",
    parameters: Object.keys(parameters).map(() => "i32"),
    exported: false,
    body: (code) => {
      const { aRow, aColumn, xStep, yStep } = parameters;
      const vector = new Vector(code, relaxed);
      code.push(aColumn, [4], "i32.eq", xStep, [4], "i32.eq", "i32.and").branch(
        () => vector.rows(4, () => vector.dots()),
        () => {
          code.push(aRow, [4], "i32.eq", yStep, [4], "i32.eq", "i32.and").branch(() => {
            vector.rows(32, () => vector.sums(8));
            vector.rows(4, () => vector.sums(1));
          });
        },
      );
      vector.rows(1, () => vector.one());
    },
  };
}

class Vector {
  readonly #code: Code;
  readonly #relaxed: boolean;
  readonly #v;

  constructor(code: Code, relaxed: boolean) {
    this.#code = code;
    this.#relaxed = relaxed;
    this.#v = code.variables("p", "q", "count", "rest");
  }

  /** Runs the body, which computes so many of y, while as many are left; moves on by as many. */
  rows(many: number, body: () => void): void {
    const code = this.#code;
    const { a, aRow, y, yStep, m, bias, biasStep } = parameters;
    code.block(() => {
      code.loop(() => {
        code.push(m, [many], "i32.lt_s").leaveIf(1);
        body();
        const step = (pointer: number, by: number) =>
          code.put(pointer, pointer, by, ...(many === 1 ? [] : ([[many], "i32.mul"] as const)), "i32.add");
        step(a, aRow);
        step(y, yStep);
        code.get(bias).branch(() => step(bias, biasStep));
        code.put(m, m, [many], "i32.sub").leave();
      });
    });
  }

  /** Four contiguous rows: dot products with x. */
  dots(): void {
    const code = this.#code;
    const { a, aRow, x, k, y, yStep } = parameters;
    const { q, count, rest } = this.#v;
    const pointers = [0, 1, 2, 3].map(() => code.local("i32"));
    const sums = [0, 1, 2, 3].map(() => code.local("v128"));
    const spare = [0, 1, 2, 3].map(() => code.local("v128"));
    for (const sum of sums) code.zero128().set(sum);
    pointers.forEach((pointer, i) => {
      if (i === 0) code.put(pointer, a);
      else code.put(pointer, pointers[i - 1], aRow, "i32.add");
    });
    const part = (load: "v128.load" | "v128.load32_zero", bytes: number) => {
      code.get(q).access(load).set(spare[0]).advance(q, bytes);
      pointers.forEach((pointer, i) => {
        this.#multiplyAdd(sums[i], () => code.get(pointer).access(load).get(spare[0]));
        code.advance(pointer, bytes);
      });
    };
    code.put(q, x).put(count, k, [2], "i32.shr_u").put(rest, k, [3], "i32.and");
    code.repeat(count, () => part("v128.load", 16));
    code.repeat(rest, () => part("v128.load32_zero", 4));
    transpose(code, sums, spare);
    code.get(sums[0]).get(sums[1]).op("f32x4.add").get(sums[2]).get(sums[3]).op("f32x4.add", "f32x4.add");
    code.set(sums[0]);
    code.push(yStep, [4], "i32.eq").branch(
      () => this.#finishVector(sums[0], 0),
      () => {
        code.put(q, y);
        for (const lane of [0, 1, 2, 3]) {
          this.#finishOne(q, () => code.get(sums[0]).lane("f32x4.extract_lane", lane));
          code.put(q, q, yStep, "i32.add");
        }
      },
    );
  }

  /** Rows that lie side by side, four to a vector: columns of A times elements of x, summed. */
  sums(vectors: number): void {
    const code = this.#code;
    const { a, aColumn, x, xStep, k } = parameters;
    const { p, q, count } = this.#v;
    const broadcast = code.local("v128");
    const sums = Array.from({ length: vectors }, () => code.local("v128"));
    for (const sum of sums) code.zero128().set(sum);
    code.put(p, a).put(q, x).put(count, k);
    code.repeat(count, () => {
      code.get(q).access("v128.load32_splat").set(broadcast);
      sums.forEach((sum, i) => {
        this.#multiplyAdd(sum, () =>
          code
            .get(p)
            .access("v128.load", i * 16)
            .get(broadcast),
        );
      });
      code.put(p, p, aColumn, "i32.add").put(q, q, xStep, "i32.add");
    });
    sums.forEach((sum, i) => {
      this.#finishVector(sum, i * 16);
    });
  }

  /** One element of y, whatever the strides. */
  one(): void {
    const code = this.#code;
    const { a, aColumn, x, xStep, y, k } = parameters;
    const { p, q, count } = this.#v;
    const sum = code.local("f32");
    code.float(0).set(sum);
    code.put(p, a).put(q, x).put(count, k);
    code.repeat(count, () => {
      code.get(sum).get(p).access("f32.load").get(q).access("f32.load").op("f32.mul", "f32.add").set(sum);
      code.put(p, p, aColumn, "i32.add").put(q, q, xStep, "i32.add");
    });
    this.#finishOne(y, () => code.get(sum));
  }

  #multiplyAdd(sum: number, factors: () => void): void {
    const code = this.#code;
    if (this.#relaxed) {
      factors();
      code.get(sum).op("f32x4.relaxed_madd");
    } else {
      code.get(sum);
      factors();
      code.op("f32x4.mul", "f32x4.add");
    }
    code.set(sum);
  }

  /** Four elements of y, side by side. */
  #finishVector(sum: number, offset: number): void {
    const code = this.#code;
    const { y, bias, biasStep } = parameters;
    this.#ifFlag(accumulateFlag, () => code.get(sum).get(y).access("v128.load", offset).op("f32x4.add").set(sum));
    code.get(bias).branch(() => {
      code.get(biasStep).branch(
        () => code.get(sum).get(bias).access("v128.load", offset).op("f32x4.add").set(sum),
        () => code.get(sum).get(bias).access("v128.load32_splat").op("f32x4.add").set(sum),
      );
    });
    this.#ifFlag(reluFlag, () => code.get(sum).zero128().op("f32x4.pmax").set(sum));
    code.get(y).get(sum).access("v128.store", offset);
  }

  /** One element of y at the address in a local. */
  #finishOne(at: number, sum: () => void): void {
    const code = this.#code;
    const { bias } = parameters;
    const total = code.local("v128");
    sum();
    code.op("f32x4.splat").set(total);
    this.#ifFlag(accumulateFlag, () => code.get(total).get(at).access("v128.load32_zero").op("f32x4.add").set(total));
    code.get(bias).branch(() => code.get(total).get(bias).access("v128.load32_zero").op("f32x4.add").set(total));
    this.#ifFlag(reluFlag, () => code.get(total).zero128().op("f32x4.pmax").set(total));
    code.get(at).get(total).accessLane("v128.store32_lane", 0);
  }

  #ifFlag(flag: number, body: () => void): void {
    const terms: Term[] = [parameters.flags, [flag], "i32.and"];
    this.#code.push(...terms).branch(body);
  }
}
