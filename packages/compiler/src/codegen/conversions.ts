/**
 * Conversions between the types of values in lanes, as casts of tensors convert.
 */
import type { Code } from "../wasm/assembler.ts";
import type { Instruction } from "../wasm/instructions.ts";
import type { Emitter, LaneType } from "./lanes.ts";

/** What is on the stack, as a value of another type. */
export function convert(e: Emitter, from: LaneType, to: LaneType): void {
  if (from === to) return;
  const { code } = e;
  if (to === "mask") {
    e.constant(from, 0);
    e.op(from, "ne");
  } else if (from === "mask") {
    if (e.wide) {
      e.constant(to, 1);
      code.op("v128.and");
    } else if (to !== "i32") code.op(`${to}.convert_i32_s` as Instruction);
  } else if (to === "i32") toInt32(code, from as "f32" | "f64", e.wide);
  else if (from === "i32") code.op(e.wide ? "f32x4.convert_i32x4_s" : (`${to}.convert_i32_s` as Instruction));
  else if (from === "f32") code.op("f64.promote_f32");
  else code.op("f32.demote_f64");
}

/**
 * The floats on the stack as int32, the fraction cut off, as in JavaScript: what does not fit keeps its lowest 32 bits,
 * and NaN and the infinities are 0.
 */
export function toInt32(code: Code, from: "f32" | "f64", wide = false): void {
  const type = wide ? "f32x4" : from;
  const [x, sign] = [code.local(wide ? "v128" : from), code.local(wide ? "v128" : "i32")];
  const constant = (value: number) =>
    wide ? code.floats(value) : from === "f32" ? code.float(value) : code.double(value);
  // Without its multiples of 2^32, all of which is exact; of an infinity nothing but NaN is left, which becomes 0.
  code.set(x).get(x).get(x);
  constant(2 ** -32).op(`${type}.mul`, `${type}.trunc`);
  constant(2 ** 32)
    .op(`${type}.mul`, `${type}.sub`)
    .set(x)
    .get(x);
  constant(0).op(`${type}.lt`).set(sign);
  code.get(x).op(`${type}.abs`);
  if (wide) code.op("i32x4.trunc_sat_f32x4_u").push(sign, "v128.xor", sign, "i32x4.sub");
  else {
    // The sign as 0 or -1: its complement and 1 more is the negative.
    code.put(sign, [0], sign, "i32.sub");
    code.op(`i32.trunc_sat_${from}_u`).push(sign, "i32.xor", sign, "i32.sub");
  }
}
