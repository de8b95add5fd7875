import { describe, expect, it } from "vitest";
import { assemble, type Code } from "./assembler.ts";
import { createMemory, instantiate } from "./host.ts";

function run(body: (code: Code) => void, ...inputs: number[]): Float32Array {
  const memory = createMemory(1);
  const bytes = assemble([{ name: "f", parameters: inputs.map(() => "i32" as const), body }]);
  instantiate<{ f: (...args: number[]) => void }>(bytes, memory).f(...inputs);
  return new Float32Array(memory.buffer);
}

const ints = (floats: Float32Array) => new Int32Array(floats.buffer);

describe("the assembler", () => {
  it.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 65535, 2 ** 31 - 1, -(2 ** 31)])(
    "writes the constant %i",
    (n) => {
      expect(ints(run((code) => code.int(0).int(n).access("i32.store")))[0]).toBe(n);
    },
  );

  it("passes parameters and keeps locals", () => {
    const memory = run(
      (code) => {
        const sum = code.local("i32");
        code.get(0).get(1).op("i32.add").set(sum).int(8).get(sum).access("i32.store");
      },
      40,
      2,
    );
    expect(ints(memory)[2]).toBe(42);
  });

  it("repeats as often as the count says, not at all for 0", () => {
    const count = (n: number) =>
      ints(
        run((code) => {
          const total = code.local("i32");
          code.repeat(0, () => code.advance(total, 3));
          code.int(0).get(total).access("i32.store");
        }, n),
      )[0];
    expect([count(0), count(1), count(5)]).toEqual([0, 3, 15]);
  });

  it("branches both ways", () => {
    const pick = (n: number) =>
      ints(
        run((code) => {
          code.get(0).branch(
            () => code.int(0).int(1).access("i32.store"),
            () => code.int(0).int(2).access("i32.store"),
          );
        }, n),
      )[0];
    expect([pick(7), pick(0)]).toEqual([1, 2]);
  });

  it("computes four floats at a time", () => {
    const memory = run((code) => {
      const [x, two] = [code.local("v128"), code.local("v128")];
      // Floats 1, 2, 3, 4 are laid down by their bits; then x * x - x is stored 16 bytes on.
      for (const [i, bits] of [0x3f800000, 0x40000000, 0x40400000, 0x40800000].entries())
        code
          .int(i * 4)
          .int(bits)
          .access("i32.store");
      code.int(0).access("v128.load").tee(x).get(x).op("f32x4.mul").get(x).op("f32x4.sub").set(two);
      code.int(16).get(two).access("v128.store");
      code.int(32).int(4).access("v128.load32_splat").access("v128.store");
    });
    expect([...memory.slice(4, 12)]).toEqual([0, 2, 6, 12, 2, 2, 2, 2]);
  });
});
