/**
 * What the machine can do at most through WebAssembly: multiply-adds, and bytes moved, on one thread.
 */
import { assemble, type Code, type FunctionDefinition } from "../wasm/assembler.ts";
import { createMemory, instantiate, now } from "../wasm/host.ts";
import { relaxedSimd } from "../wasm/kernels/gemm.ts";

/** Limits by measurement, per millisecond. */
export interface Limits {
  /**
   * Floating-point operations, float32, four lanes at a time, multiply and add counted as two: in two instructions or in
   * one, whichever is faster here.
   */
  readonly flops: number;
  /** Bytes read and written within the second cache, and in memory beyond the caches. */
  readonly cacheBytes: number;
  readonly memoryBytes: number;
}

const page = 65536;
/** A block that fits the second cache, and one that fits none of most machines' share of a cache. */
const smallBlock = 2 * page;
const largeBlock = 512 * page;
/** So many rounds, and no fewer milliseconds: engines run code by a quick compiler until a better one has finished. */
const rounds = 10;
const leastTime = 40;
/**
 * So many independent sums keep the multipliers busy while each waits for the one before, and fit the registers: sums that
 * are one instruction wait longer, and need no register for a product.
 */
const sums = { "mul and add": 10, madd: 12 };
const multiplyAdds = 1 << 14;
/** Vectors that are copied in one turn of the loop. */
const turn = 4;

let measured: Limits | undefined;

/** The limits of this machine, measured at the first call, which takes about 0.3 s. */
export function machineLimits(): Limits {
  measured ??= measure();
  return measured;
}

function measure(): Limits {
  const memory = createMemory((2 * largeBlock) / page);
  const { move } = instantiate<{ move(from: number, to: number, turns: number): void }>(
    assemble([moveFunction]),
    memory,
  );
  const moved = (block: number, times: number) => {
    const took = best(() => {
      for (let i = 0; i < times; i++) move(0, block, block / 16 / turn);
    });
    return (2 * block * times) / took;
  };
  const ways = (["mul and add", "madd"] as const).filter((way) => way === "mul and add" || relaxedSimd());
  const flops = ways.map((way) => {
    const { multiply } = instantiate<{ multiply(times: number): void }>(assemble([multiplyFunction(way)]), memory);
    return (2 * 4 * sums[way] * multiplyAdds) / best(() => multiply(multiplyAdds));
  });
  return { flops: Math.max(...flops), cacheBytes: moved(smallBlock, 16), memoryBytes: moved(largeBlock, 1) };
}

function best(run: () => void): number {
  let shortest = Number.POSITIVE_INFINITY;
  const end = now() + leastTime;
  for (let i = 0; i < rounds || now() < end; i++) {
    const start = now();
    run();
    shortest = Math.min(shortest, now() - start);
  }
  return shortest;
}

/** The products of one vector with two, added up: what the matrix product does, without its loads. */
function multiplyFunction(way: keyof typeof sums): FunctionDefinition {
  return {
    name: "multiply",
    parameters: ["i32"],
    body: (code: Code) => {
      const locals = (count: number) => Array.from({ length: count }, () => code.local("v128"));
      const [[row], columns, totals] = [locals(1), locals(2), locals(sums[way])];
      const at = code.local("i32");
      columns.forEach((column, i) => {
        code.floats((i + 1) * 1e-3).set(column);
      });
      code.repeat(0, () => {
        // Read anew at every turn, so that no product is known from the turn before.
        code.put(at, at, [32], "i32.add", [1023], "i32.and").get(at).access("v128.load").set(row);
        totals.forEach((total, i) => {
          const factors = [row, columns[i & 1]];
          if (way === "madd") code.put(total, ...factors, total, "f32x4.relaxed_madd");
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

/** (from, to, turns): copies, four vectors at a time. */
const moveFunction: FunctionDefinition = {
  name: "move",
  parameters: ["i32", "i32", "i32"],
  body: (code: Code) => {
    const [from, to, turns] = [0, 1, 2];
    code.repeat(turns, () => {
      for (let i = 0; i < turn; i++)
        code
          .get(to)
          .get(from)
          .access("v128.load", 16 * i)
          .access("v128.store", 16 * i);
      code.advance(from, 16 * turn).advance(to, 16 * turn);
    });
  },
};
