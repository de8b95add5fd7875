/**
 * How each built-in elementwise op is written in WebAssembly instructions, for four lanes and for one: the table of emitters.
 */
import {
  abs,
  add,
  ceil,
  cos,
  type DType,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  greater,
  greaterEqual,
  isFinite,
  isInfinite,
  isNaN,
  less,
  lessEqual,
  log,
  log1p,
  log2,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  type Op,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
  trunc,
} from "@chainrule/core";
import { castOp, clampOp, power, type ScalarFunction, whereOp } from "@chainrule/core/internal";
import { sigmoidHeadOp, sigmoidTailOp } from "../ir/sigmoid-halves.ts";
import type { Code } from "../wasm/assembler.ts";
import { math, pow as vectorPow, wholePower } from "../wasm/kernels/math.ts";
import { sigmoidHead, sigmoidTail } from "../wasm/kernels/math-exp.ts";
import {
  absolute,
  allKinds,
  allNumbers,
  best,
  choose,
  clamped,
  comparing,
  converted,
  floats,
  type InstructionEmitter,
  instruction,
  logic,
  negated,
  op,
  signOf,
  steps,
} from "./instruction-writers.ts";
import { type BoundEmitter, type Emitter, type LaneType, laneTypeOf, type Push } from "./lanes.ts";

const emitters = new Map<Op, InstructionEmitter<unknown>>();

function emit<Attributes>(op: Op<Attributes>, emitter: InstructionEmitter<Attributes>): void {
  emitters.set(op as Op, emitter as InstructionEmitter<unknown>);
}

emit(add.op, instruction("add", allNumbers));
emit(sub.op, instruction("sub", allNumbers));
emit(mul.op, instruction("mul", allNumbers));
emit(div.op, instruction("div"));
emit(maximum.op, best("max"));
emit(minimum.op, best("min"));
emit(equal.op, comparing("eq", [null, "xor"], true));
emit(notEqual.op, comparing("ne", [null, "xor"]));
emit(less.op, comparing("lt", [0, "and"]));
emit(lessEqual.op, comparing("le", [0, "or"]));
emit(greater.op, comparing("gt", [1, "and"]));
emit(greaterEqual.op, comparing("ge", [1, "or"]));
emit(logicalAnd.op, logic("and"));
emit(logicalOr.op, logic("or"));
emit(logicalXor.op, logic("xor"));
emit(logicalNot.op, {
  lanes: allKinds,
  write: ({ e, inputs: [x], lane }) => {
    x();
    if (lane === "mask") e.op("mask", "not");
    else {
      e.constant(lane, 0);
      e.op(lane, "eq");
    }
  },
});
emit(neg.op, negated);
emit(abs.op, absolute);
emit(sqrt.op, instruction("sqrt"));
emit(floor.op, instruction("floor"));
emit(ceil.op, instruction("ceil"));
emit(trunc.op, instruction("trunc"));
emit(round.op, instruction("nearest"));
emit(sign.op, signOf);
emit(clampOp, clamped);
emit(castOp, converted);
emit(square.op, { ...steps("x", "x", op("mul")), lanes: allNumbers });
emit(reciprocal.op, steps(1, "x", op("div")));
emit(rsqrt.op, { ...steps(1, "x", op("sqrt"), op("div")), roundsTwice: true });
emit(relu.op, {
  write: (context) => clamped.write({ ...context, attributes: { min: 0, max: Number.POSITIVE_INFINITY } }),
});
emit(isNaN.op, steps("x", "x", op("ne")));
emit(isFinite.op, steps("x", op("abs"), Number.POSITIVE_INFINITY, op("lt")));
emit(isInfinite.op, steps("x", op("abs"), Number.POSITIVE_INFINITY, op("eq")));
emit(whereOp, { lanes: allKinds, write: ({ e, inputs: [condition, a, b] }) => choose(e, condition, a, b) });

/** Functions of four floats at a time, each rounded as its own approximation is. */
const vectorMath: ReadonlyMap<Op, (code: Code) => void> = new Map(
  (
    [
      [exp, math.exp],
      [expm1, math.expm1],
      [log, math.log],
      [log1p, math.log1p],
      [log2, math.log2],
      [tanh, math.tanh],
      [sigmoid, math.sigmoid],
      [softplus, math.softplus],
      [erf, math.erf],
      [sin, math.sin],
      [cos, math.cos],
    ] as const
  ).map(([{ op }, write]) => [op as Op, write]),
);

// These are of many numbers, always, which are computed four at a time.
emit(sigmoidHeadOp, {
  write: ({ e, inputs: [x] }) => {
    x();
    sigmoidHead(e.code);
  },
});
emit(sigmoidTailOp, {
  write: ({ e, inputs }) => {
    const [x, head] = inputs.map((input) => {
      const local = e.local("f32");
      input();
      e.code.set(local);
      return local;
    });
    sigmoidTail(e.code, x, head);
  },
});

/** Whether the op is written in instructions for one number as for four. */
export function hasInstructions(op: Op): boolean {
  return emitters.has(op);
}

/** Whether it takes a dozen instructions or more. */
export function isLong(op: Op): boolean {
  return !emitters.has(op) || op === sigmoidHeadOp;
}

/** Whether the op, no matter of what, is computed four floats at a time without calling JavaScript. */
export function isVectorized(op: Op): boolean {
  return emitters.has(op) || op === power.op || vectorMath.has(op);
}

/** One application of an elementwise op. */
export interface ElementwiseCall {
  readonly op: Op;
  readonly attributes: unknown;
  readonly arity: number;
  /** The types of the inputs (of the last, where they differ), and of the result. */
  readonly lane: LaneType;
  readonly result: LaneType;
  /** The function of elements that is called where there are no instructions. */
  readonly scalar: ScalarFunction | undefined;
  /** The second input where it is the same number everywhere: powers with small whole exponents are products. */
  readonly exponent: number | null;
}

/** How to compute it; null where only the op's kernel can. */
export function bindEmitter({ op, attributes, lane, result, scalar, exponent }: ElementwiseCall): BoundEmitter | null {
  const emitter = emitters.get(op);
  if (emitter) return bound(emitter, lane, result, attributes);
  if (!scalar || !floats.includes(lane) || result !== lane) return null;
  return (e, inputs) => {
    if (!e.wide || !writeMath(e, op, exponent, inputs)) e.scalarFallback(scalar, lane, inputs);
  };
}

function bound(
  emitter: InstructionEmitter,
  lane: LaneType,
  result: LaneType,
  attributes: unknown,
): BoundEmitter | null {
  if (!(emitter.lanes ?? floats).includes(lane)) return null;
  return (e, inputs) => emitter.write({ e, inputs, lane, result, attributes });
}

/**
 * How to compute an elementwise op without attributes four elements at a time outside of compiled functions; null where
 * that is left to its kernel. Results are the kernel's to the bit, but those of `exp` and its like, which are within 2 units
 * in the last place, as compiled.
 */
export function eagerEmitter(op: Op, inputs: readonly DType[], result: DType): BoundEmitter | null {
  if (inputs.includes("float64") || result === "float64") return null;
  const write = vectorMath.get(op);
  if (write)
    return ({ code }, [x]) => {
      x();
      write(code);
    };
  const emitter = emitters.get(op);
  if (!emitter || emitter.roundsTwice) return null;
  return bound(emitter, laneTypeOf[inputs[inputs.length - 1]], laneTypeOf[result], undefined);
}

/** Four floats at a time, for the functions that are known that way. */
function writeMath({ code }: Emitter, op: Op, exponent: number | null, inputs: readonly Push[]): boolean {
  if (op === power.op) {
    // Not x⁻²: x² overflows where its reciprocal is still a number.
    const isWhole = exponent !== null && [-1, 1, 2, 3].includes(exponent);
    for (const input of isWhole ? inputs.slice(0, 1) : inputs) input();
    if (isWhole) wholePower(code, exponent);
    else vectorPow(code);
    return true;
  }
  const write = vectorMath.get(op);
  if (!write) return false;
  inputs[0]();
  write(code);
  return true;
}
