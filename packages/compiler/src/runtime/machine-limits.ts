/**
 * What the machine can do at most through WebAssembly: multiply-adds, and bytes moved, on one thread.
 */
import { assemble, type Code, type FunctionDefinition } from "../wasm/assembler.ts";
import { createMemory, instantiate, now } from "../wasm/host.ts";
import { relaxedSimd } from "../wasm/kernels/gemm.ts";

/** Limits by measurement, per millisecond. */
export interface Limits {
  /** Floating-point operations, float32, four lanes at a time, multiply and add counted as two. */
  readonly flops: number;
  /** Bytes read and written within the second cache, and in memory beyond the caches. */
  readonly cacheBytes: number;
  readonly memoryBytes: number;
}

const page = 65536;
/** A block that fits the second cache, and one that fits none of most machines' share of a cache. */
const smallBlock = 2 * page;
const largeBlock = 512 * page;
const rounds = 20;
/** So many independent sums keep the multipliers busy, and fit the registers. */
const sums = 8;
const multiplyAdds = 1 << 18;

let measured: Limits | undefined;

/** The limits of this machine, measured at the first call, which takes about 0.1 s. */
export function machineLimits(): Limits {
  measured ??= measure();
  return measured;
}

function measure(): Limits {
  const memory = createMemory((2 * largeBlock) / page);
  const { multiply, move } = instantiate<{
    multiply(times: number): void;
    move(from: number, to: number, vectors: number): void;
  }>(assemble([multiplyFunction(relaxedSimd()), moveFunction]), memory);
  const moved = (block: number, times: number) => {
    const took = best(() => {
      for (let i = 0; i < times; i++) move(0, block, block / 16);
    });
    return (2 * block * times) / took;
  };
  const flops = (2 * 4 * sums * multiplyAdds) / best(() => multiply(multiplyAdds));
  return { flops, cacheBytes: moved(smallBlock, 64), memoryBytes: moved(largeBlock, 1) };
}

function best(run: () => void): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const start = now();
    run();
    shortest = Math.min(shortest, now() - start);
  }
  return shortest;
}

/** The products of four vectors with two, added up: what the matrix product does, without its loads. */
function multiplyFunction(relaxed: boolean): FunctionDefinition {
  return {
    name: "multiply",
    parameters: ["i32"],
    body: (code: Code) => {
      const locals = (count: number) => Array.from({ length: count }, () => code.local("v128"));
      const [rows, columns, totals] = [locals(4), locals(2), locals(sums)];
      const at = code.local("i32");
      rows.forEach((row, i) => {
        code.floats((i + 1) * 1e-3).set(row);
      });
      code.repeat(0, () => {
        // Read anew at every turn, so that no product is known from the turn before.
        code.put(at, at, [32], "i32.add", [1023], "i32.and");
        columns.forEach((column, i) => {
          code
            .get(at)
            .access("v128.load", 16 * i)
            .set(column);
        });
        totals.forEach((total, i) => {
          const factors = [rows[i >> 1], columns[i & 1]];
          if (relaxed) code.put(total, ...factors, total, "f32x4.relaxed_madd");
          else code.put(total, total, ...factors, "f32x4.mul", "f32x4.add");
        });
      });
      // Stored, so that no compiler leaves the work out.
      code.int(0).get(totals[0]);
      for (const total of totals.slice(1)) code.get(total).op("f32x4.add");
      code.access("v128.store");
    },
  };
}

/** (from, to, vectors): copies, a vector at a time. */
const moveFunction: FunctionDefinition = {
  name: "move",
  parameters: ["i32", "i32", "i32"],
  body: (code: Code) => {
    const [from, to, vectors] = [0, 1, 2];
    code.repeat(vectors, () => {
      code.get(to).get(from).access("v128.load").access("v128.store").advance(from, 16).advance(to, 16);
    });
  },
};
