/**
 * The instructions that the assembler knows, by their names in the WebAssembly text format, with their bytes.
 *
 * From the core specification's index of instructions, 2.0, with relaxed SIMD from 3.0. Add what you need.
 */

/** The bytes of a vector instruction: a prefix, then its number in groups of seven bits. */
function simd(opcode: number): readonly number[] {
  return opcode < 0x80 ? [0xfd, opcode] : [0xfd, (opcode & 0x7f) | 0x80, opcode >> 7];
}

const scalars = {
  unreachable: [0x00],
  return: [0x0f],
  drop: [0x1a],
  select: [0x1b],
  "i32.eqz": [0x45],
  "i32.eq": [0x46],
  "i32.ne": [0x47],
  "i32.lt_s": [0x48],
  "i32.lt_u": [0x49],
  "i32.gt_s": [0x4a],
  "i32.gt_u": [0x4b],
  "i32.le_s": [0x4c],
  "i32.le_u": [0x4d],
  "i32.ge_s": [0x4e],
  "i32.ge_u": [0x4f],
  "f32.eq": [0x5b],
  "f32.ne": [0x5c],
  "f32.lt": [0x5d],
  "f32.gt": [0x5e],
  "f32.le": [0x5f],
  "f32.ge": [0x60],
  "i32.clz": [0x67],
  "i32.ctz": [0x68],
  "i32.add": [0x6a],
  "i32.sub": [0x6b],
  "i32.mul": [0x6c],
  "i32.div_s": [0x6d],
  "i32.div_u": [0x6e],
  "i32.rem_s": [0x6f],
  "i32.rem_u": [0x70],
  "i32.and": [0x71],
  "i32.or": [0x72],
  "i32.xor": [0x73],
  "i32.shl": [0x74],
  "i32.shr_s": [0x75],
  "i32.shr_u": [0x76],
  "i32.rotl": [0x77],
  "i64.add": [0x7c],
  "i64.mul": [0x7e],
  "i64.shr_u": [0x88],
  "f32.abs": [0x8b],
  "f32.neg": [0x8c],
  "f32.ceil": [0x8d],
  "f32.floor": [0x8e],
  "f32.trunc": [0x8f],
  "f32.nearest": [0x90],
  "f32.sqrt": [0x91],
  "f32.add": [0x92],
  "f32.sub": [0x93],
  "f32.mul": [0x94],
  "f32.div": [0x95],
  "f32.min": [0x96],
  "f32.max": [0x97],
  "f32.copysign": [0x98],
  "f64.add": [0xa0],
  "f64.sub": [0xa1],
  "f64.mul": [0xa2],
  "f64.div": [0xa3],
  "i32.wrap_i64": [0xa7],
  "i32.trunc_f32_s": [0xa8],
  "i64.extend_i32_u": [0xad],
  "f32.convert_i32_s": [0xb2],
  "f32.convert_i32_u": [0xb3],
  "f32.demote_f64": [0xb6],
  "f64.convert_i32_s": [0xb7],
  "f64.promote_f32": [0xbb],
  "i32.reinterpret_f32": [0xbc],
  "f32.reinterpret_i32": [0xbe],
  "i32.trunc_sat_f32_s": [0xfc, 0x00],
  /** (to, from, bytes) */
  "memory.copy": [0xfc, 0x0a, 0x00, 0x00],
  /** (to, byte value, bytes) */
  "memory.fill": [0xfc, 0x0b, 0x00],
} as const satisfies Record<string, readonly number[]>;

const vectorNumbers = {
  "i32x4.splat": 0x11,
  "f32x4.splat": 0x13,
  "f64x2.splat": 0x14,
  "i32x4.eq": 0x37,
  "i32x4.ne": 0x38,
  "i32x4.lt_s": 0x39,
  "i32x4.lt_u": 0x3a,
  "i32x4.gt_s": 0x3b,
  "i32x4.gt_u": 0x3c,
  "i32x4.le_s": 0x3d,
  "i32x4.ge_s": 0x3f,
  "f32x4.eq": 0x41,
  "f32x4.ne": 0x42,
  "f32x4.lt": 0x43,
  "f32x4.gt": 0x44,
  "f32x4.le": 0x45,
  "f32x4.ge": 0x46,
  "f64x2.eq": 0x47,
  "f64x2.ne": 0x48,
  "f64x2.lt": 0x49,
  "f64x2.gt": 0x4a,
  "f64x2.le": 0x4b,
  "f64x2.ge": 0x4c,
  "v128.not": 0x4d,
  "v128.and": 0x4e,
  /** (a, b): a and not b */
  "v128.andnot": 0x4f,
  "v128.or": 0x50,
  "v128.xor": 0x51,
  /** (a, b, mask): a's bits where the mask's are 1, else b's */
  "v128.bitselect": 0x52,
  "v128.any_true": 0x53,
  "f32x4.demote_f64x2_zero": 0x5e,
  "f64x2.promote_low_f32x4": 0x5f,
  "f32x4.ceil": 0x67,
  "f32x4.floor": 0x68,
  "f32x4.trunc": 0x69,
  "f32x4.nearest": 0x6a,
  "f64x2.floor": 0x75,
  "f64x2.trunc": 0x7a,
  "f64x2.nearest": 0x94,
  "i32x4.abs": 0xa0,
  "i32x4.neg": 0xa1,
  "i32x4.all_true": 0xa3,
  "i32x4.bitmask": 0xa4,
  "i32x4.shl": 0xab,
  "i32x4.shr_s": 0xac,
  "i32x4.shr_u": 0xad,
  "i32x4.add": 0xae,
  "i32x4.sub": 0xb1,
  "i32x4.mul": 0xb5,
  "i32x4.min_s": 0xb6,
  "i32x4.max_s": 0xb8,
  "i64x2.extend_low_i32x4_s": 0xc7,
  "i64x2.extend_high_i32x4_s": 0xc8,
  "i64x2.extend_low_i32x4_u": 0xc9,
  "i64x2.extend_high_i32x4_u": 0xca,
  "i64x2.shl": 0xcb,
  "i64x2.shr_u": 0xcd,
  "i64x2.add": 0xce,
  "i64x2.sub": 0xd1,
  "f32x4.abs": 0xe0,
  "f32x4.neg": 0xe1,
  "f32x4.sqrt": 0xe3,
  "f32x4.add": 0xe4,
  "f32x4.sub": 0xe5,
  "f32x4.mul": 0xe6,
  "f32x4.div": 0xe7,
  /** The smaller; NaN where either is, at the price of several instructions. */
  "f32x4.min": 0xe8,
  "f32x4.max": 0xe9,
  /** (a, b): b < a ? b : a, one instruction, so NaN where a is. */
  "f32x4.pmin": 0xea,
  /** (a, b): a < b ? b : a, one instruction, so NaN where a is. */
  "f32x4.pmax": 0xeb,
  "f64x2.abs": 0xec,
  "f64x2.neg": 0xed,
  "f64x2.sqrt": 0xef,
  "f64x2.add": 0xf0,
  "f64x2.sub": 0xf1,
  "f64x2.mul": 0xf2,
  "f64x2.div": 0xf3,
  "f64x2.pmin": 0xf6,
  "f64x2.pmax": 0xf7,
  "i32x4.trunc_sat_f32x4_s": 0xf8,
  "i32x4.trunc_sat_f32x4_u": 0xf9,
  "f32x4.convert_i32x4_s": 0xfa,
  "f32x4.convert_i32x4_u": 0xfb,
  "i32x4.trunc_sat_f64x2_s_zero": 0xfc,
  "f64x2.convert_low_i32x4_s": 0xfe,
  /** (a, b, c): a b + c, rounded once or twice as the machine likes */
  "f32x4.relaxed_madd": 0x105,
  /** (a, b, c): c - a b, rounded once or twice as the machine likes */
  "f32x4.relaxed_nmadd": 0x106,
} as const satisfies Record<string, number>;

type Vector = keyof typeof vectorNumbers;
/** The name of an instruction without immediates. */
export type Instruction = keyof typeof scalars | Vector;

/** Instructions without immediates. */
export const plain = {
  ...scalars,
  ...(Object.fromEntries(Object.entries(vectorNumbers).map(([name, n]) => [name, simd(n)])) as Record<
    Vector,
    readonly number[]
  >),
} as const satisfies Record<Instruction, readonly number[]>;

/** Loads and stores: their bytes, and the alignment (as a power of two) that they assume. */
export const memory = {
  "i32.load": [[0x28], 2],
  "i64.load": [[0x29], 2],
  "f32.load": [[0x2a], 2],
  "f64.load": [[0x2b], 2],
  "i32.load8_s": [[0x2c], 0],
  "i32.load8_u": [[0x2d], 0],
  "i32.store": [[0x36], 2],
  "i64.store": [[0x37], 2],
  "f32.store": [[0x38], 2],
  "f64.store": [[0x39], 2],
  "i32.store8": [[0x3a], 0],
  "v128.load": [simd(0x00), 2],
  "v128.load8_splat": [simd(0x07), 0],
  "v128.load32_splat": [simd(0x09), 2],
  "v128.load64_splat": [simd(0x0a), 2],
  "v128.load32_zero": [simd(0x5c), 2],
  "v128.load64_zero": [simd(0x5d), 2],
  "v128.store": [simd(0x0b), 2],
} as const satisfies Record<string, readonly [readonly number[], number]>;

/** Instructions whose immediate is one lane's number. */
export const lanes = {
  "i32x4.extract_lane": simd(0x1b),
  "i32x4.replace_lane": simd(0x1c),
  "f32x4.extract_lane": simd(0x1f),
  "f32x4.replace_lane": simd(0x20),
  "f64x2.extract_lane": simd(0x21),
  "f64x2.replace_lane": simd(0x22),
} as const satisfies Record<string, readonly number[]>;

/** Loads and stores of one lane (address and vector on the stack): bytes and alignment. */
export const laneMemory = {
  "v128.load32_lane": [simd(0x56), 2],
  "v128.load64_lane": [simd(0x57), 2],
  "v128.store32_lane": [simd(0x5a), 2],
  "v128.store64_lane": [simd(0x5b), 2],
} as const satisfies Record<string, readonly [readonly number[], number]>;
