import { describe, expect, it } from "vitest";
import { assemble, type Code } from "./assembler.ts";
import { createMemory, instantiate, validates } from "./host.ts";
import { type Instruction, plain } from "./instructions.ts";

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
      // Floats 1, 2, 3, 4 are stored by their bits; then x * x - x is stored 16 bytes on.
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

  it("calls functions of the module, also ones that are not exported", () => {
    const memory = createMemory(1);
    const bytes = assemble([
      {
        name: "main",
        parameters: ["i32"],
        body: (code) => code.int(0).get(0).call("double").call("double").access("i32.store"),
      },
      {
        name: "double",
        parameters: ["i32"],
        result: "i32",
        exported: false,
        body: (code) => code.get(0).get(0).op("i32.add"),
      },
    ]);
    const functions = instantiate<{ main: (n: number) => void }>(bytes, memory);
    functions.main(5);
    expect(Object.keys(functions)).toEqual(["main"]);
    expect(new Int32Array(memory.buffer)[0]).toBe(20);
    expect(() => assemble([{ name: "f", parameters: [], body: (code) => code.call("g") }])).toThrow("g");
  });

  it("leaves blocks and repeats loops", () => {
    const memory = run((code) => {
      const [i, sum] = [code.local("i32"), code.local("i32")];
      code.block(() => {
        code.loop(() => {
          code.get(i).int(10).op("i32.ge_s").leaveIf(1);
          code.get(sum).get(i).op("i32.add").set(sum).advance(i, 1).leave();
        });
      });
      code.int(0).get(sum).access("i32.store");
    });
    expect(ints(memory)[0]).toBe(45);
  });

  it("writes vector constants, picks lanes and selects by masks", () => {
    const memory = run((code) => {
      code.int(0).floats([1, 2, 3, 4]).floats(7).shuffle(3, 0, 4, 1).access("v128.store");
      code.int(16).ints(-5).access("v128.store");
      code.int(32).doubles(0.1).access("v128.store");
      code.int(48).floats([1, 2, 3, 4]).lane("f32x4.extract_lane", 2).access("f32.store");
      code.int(52).floats([1, 2, 3, 4]).accessLane("v128.store32_lane", 3).int(56).float(0.5).access("f32.store");
      code.int(64).floats(1).floats(2).floats([1, 2, 3, 4]).floats(2.5).op("f32x4.lt", "v128.bitselect");
      code.access("v128.store");
    });
    expect([...memory.slice(0, 4)]).toEqual([4, 1, 7, 2]);
    expect(ints(memory)[5]).toBe(-5);
    expect(new Float64Array(memory.buffer)[4]).toBe(0.1);
    expect([...memory.slice(12, 15)]).toEqual([3, 4, 0.5]);
    expect([...memory.slice(16, 20)]).toEqual([1, 1, 2, 2]);
  });

  it("knows instructions that the host knows", () => {
    const relaxed = (name: string) => name.includes("relaxed");
    for (const [name, bytes] of Object.entries(plain)) {
      const body = (code: Code) => code.op("unreachable", name as Instruction, "unreachable");
      if (!relaxed(name)) expect(validates(assemble([{ name, parameters: [], body }])), `${name} ${bytes}`).toBe(true);
    }
  });
});
