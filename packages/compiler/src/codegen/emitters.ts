/**
 * How each elementwise function is written in WebAssembly instructions, for four lanes and for one.
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
import type { GraphNode } from "../ir/graph.ts";
import type { Code } from "../wasm/assembler.ts";
import type { Instruction } from "../wasm/instructions.ts";
import { math, pow as vectorPow, wholePower } from "../wasm/kernels/math.ts";

/** The kinds of values in a loop; truth values are all-ones masks in lanes, 0 and 1 otherwise. */
export type Lane = "f32" | "f64" | "i32" | "mask";

export const laneOf: Readonly<Record<DType, Lane>> = {
  float32: "f32",
  float64: "f64",
  int32: "i32",
  bool: "mask",
};

/** Pushes a value on the stack. */
export type Push = () => void;

/** Writes instructions, the same for four lanes (`wide`) and for one. */
export interface Emitter {
  readonly code: Code;
  readonly wide: boolean;
  /** The instruction of that name for the kind of values: "mul" is `f32x4.mul`, `f32.mul` or `f64.mul`. */
  op(lane: Lane, name: string): void;
  /** A constant of the kind, in every lane. */
  constant(lane: Lane, x: number): void;
  /** A new local for a value of the kind. */
  local(lane: Lane): number;
  /** Calls a JavaScript function of doubles for each lane, and pushes its results. */
  each(f: (...elements: number[]) => number, lane: Lane, inputs: readonly Push[]): void;
}

/** One application of a form. */
interface Use<Attributes = unknown> {
  readonly e: Emitter;
  readonly inputs: readonly Push[];
  /** The kind of the inputs (of the last, where they differ), and of the result. */
  readonly lane: Lane;
  readonly result: Lane;
  readonly attributes: Attributes;
}

interface Form<Attributes = unknown> {
  /** The kinds of inputs that it is written for; floats by default. */
  readonly lanes?: readonly Lane[];
  /** Whether it rounds more than once, so that float32 results differ from those of a kernel, which uses doubles. */
  readonly roundsTwice?: boolean;
  write(use: Use<Attributes>): void;
}

const floats: readonly Lane[] = ["f32", "f64"];
const allNumbers: readonly Lane[] = ["f32", "f64", "i32"];
const allKinds: readonly Lane[] = [...allNumbers, "mask"];

/** Both inputs, then one instruction. */
function instruction(name: string, lanes: readonly Lane[] = floats): Form {
  return {
    lanes,
    write: ({ e, inputs, lane }) => {
      for (const input of inputs) input();
      e.op(lane, name);
    },
  };
}

function logic(name: "and" | "or" | "xor"): Form {
  return instruction(name, ["mask"]);
}

function choose(e: Emitter, condition: Push, a: Push, b: Push): void {
  a();
  b();
  condition();
  e.code.op(e.wide ? "v128.bitselect" : "select");
}

/** A form in JavaScript-like steps: `x` pushes the input, the rest is instructions and constants. */
function steps(...list: readonly ("x" | number | { readonly op: string })[]): Form {
  return {
    write: ({ e, inputs: [x], lane }) => {
      for (const step of list) {
        if (step === "x") x();
        else if (typeof step === "number") e.constant(lane, step);
        else e.op(lane, step.op);
      }
    },
  };
}

const op = (name: string) => ({ op: name });

/** -1, 0 or 1, and NaN and -0 as they are. */
const signOf: Form = {
  lanes: allNumbers,
  write: (use) => {
    const { e, inputs, lane } = use;
    const above = () => {
      inputs[0]();
      e.constant(lane, 0);
      e.op(lane, "gt");
    };
    choose(
      e,
      above,
      () => e.constant(lane, 1),
      () =>
        choose(
          e,
          () => isBelow0(use),
          () => e.constant(lane, -1),
          inputs[0],
        ),
    );
  },
};

/** x < min ? min : x, and so on, which keeps NaN and -0; on four lanes pmax and pmin are just that. */
const clamped: Form<{ readonly min: number; readonly max: number }> = {
  write: ({ e, inputs: [x], lane, attributes }) => {
    const { min, max } = attributes;
    const bounded = (from: Push, bound: number, wide: "pmax" | "pmin", beyond: "lt" | "gt"): Push => {
      if (Math.abs(bound) === Number.POSITIVE_INFINITY) return from;
      const constant = () => e.constant(lane, bound);
      const both = (name: string) => () => {
        from();
        constant();
        e.op(lane, name);
      };
      return e.wide ? both(wide) : () => choose(e, both(beyond), constant, from);
    };
    bounded(bounded(x, min, "pmax", "lt"), max, "pmin", "gt")();
  },
};

const converted: Form<DType> = {
  lanes: ["f32", "f64", "i32", "mask"],
  write: ({ e, inputs: [x], lane, result }) => {
    x();
    convert(e, lane, result);
  },
};

/** What is on the stack, as another kind. */
function convert(e: Emitter, from: Lane, to: Lane): void {
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

/** The larger or smaller of two. */
function best(name: "max" | "min"): Form {
  return {
    lanes: allNumbers,
    write: ({ e, inputs: [a, b], lane }) => {
      const both = (instruction: string) => () => {
        a();
        b();
        e.op(lane, instruction);
      };
      if (lane !== "i32") both(name)();
      else if (e.wide) both(`${name}_s`)();
      else choose(e, both(name === "max" ? "gt" : "lt"), a, b);
    },
  };
}

/** A comparison: of truth values, false is less than true. */
function comparing(name: string, [negated, combine]: readonly [0 | 1 | null, "and" | "or" | "xor"], not = false): Form {
  return {
    lanes: [...allNumbers, "mask"],
    write: ({ e, inputs, lane }) => {
      inputs.forEach((input, i) => {
        input();
        if (lane === "mask" && i === negated) e.op(lane, "not");
      });
      e.op(lane, lane === "mask" ? combine : name);
      if (lane === "mask" && not) e.op(lane, "not");
    },
  };
}

/** -x */
const negated: Form = {
  lanes: allNumbers,
  write: ({ e, inputs: [x], lane }) => {
    if (lane === "i32") e.constant(lane, 0);
    x();
    e.op(lane, lane === "i32" ? "sub" : "neg");
  },
};

const absolute: Form = {
  lanes: allNumbers,
  write: (use) => {
    const { e, inputs, lane } = use;
    if (lane === "i32" && !e.wide)
      choose(
        e,
        () => isBelow0(use),
        () => negated.write(use),
        inputs[0],
      );
    else {
      inputs[0]();
      e.op(lane, "abs");
    }
  },
};

function isBelow0({ e, inputs: [x], lane }: Use): void {
  x();
  e.constant(lane, 0);
  e.op(lane, "lt");
}

const forms = new Map<Op, Form<unknown>>();

function form<Attributes>(op: Op<Attributes>, emitted: Form<Attributes>): void {
  forms.set(op as Op, emitted as Form<unknown>);
}

form(add.op, instruction("add", allNumbers));
form(sub.op, instruction("sub", allNumbers));
form(mul.op, instruction("mul", allNumbers));
form(div.op, instruction("div"));
form(maximum.op, best("max"));
form(minimum.op, best("min"));
form(equal.op, comparing("eq", [null, "xor"], true));
form(notEqual.op, comparing("ne", [null, "xor"]));
form(less.op, comparing("lt", [0, "and"]));
form(lessEqual.op, comparing("le", [0, "or"]));
form(greater.op, comparing("gt", [1, "and"]));
form(greaterEqual.op, comparing("ge", [1, "or"]));
form(logicalAnd.op, logic("and"));
form(logicalOr.op, logic("or"));
form(logicalXor.op, logic("xor"));
form(logicalNot.op, {
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
form(neg.op, negated);
form(abs.op, absolute);
form(sqrt.op, instruction("sqrt"));
form(floor.op, instruction("floor"));
form(ceil.op, instruction("ceil"));
form(trunc.op, instruction("trunc"));
form(round.op, instruction("nearest"));
form(sign.op, signOf);
form(clampOp, clamped);
form(castOp, converted);
form(square.op, steps("x", "x", op("mul")));
form(reciprocal.op, steps(1, "x", op("div")));
form(rsqrt.op, { ...steps(1, "x", op("sqrt"), op("div")), roundsTwice: true });
form(relu.op, { write: (use) => clamped.write({ ...use, attributes: { min: 0, max: Number.POSITIVE_INFINITY } }) });
form(isNaN.op, steps("x", "x", op("ne")));
form(isFinite.op, steps("x", op("abs"), Number.POSITIVE_INFINITY, op("lt")));
form(isInfinite.op, steps("x", op("abs"), Number.POSITIVE_INFINITY, op("eq")));
form(whereOp, { lanes: allKinds, write: ({ e, inputs: [condition, a, b] }) => choose(e, condition, a, b) });

/** Functions of four floats at a time, each rounded as its own approximation is. */
const vectorMath = new Map<Op, (code: Code) => void>(
  Object.entries({ exp, expm1, log, log1p, log2, tanh, sigmoid, softplus, erf, sin, cos }).map(([name, { op }]) => [
    op as Op,
    math[name as keyof typeof math],
  ]),
);

/** The JavaScript function that an elementwise node calls for each element, for want of a form; null where it needs none. */
export function scalarFallback({ op, lowering }: GraphNode): ScalarFunction | null {
  return lowering?.kind === "elementwise" && !forms.has(op!) && lowering.scalar ? lowering.scalar : null;
}

/** Whether it is one of the functions that take a dozen instructions or more. */
export function isTranscendental({ op, lowering }: GraphNode): boolean {
  return lowering?.kind === "elementwise" && !forms.has(op!);
}

/** Whether computing the node, four lanes at a time or one, calls a function of JavaScript. */
export function callsJavaScript(node: GraphNode, wide: boolean): boolean {
  if (scalarFallback(node) === null) return false;
  return !wide || !(node.isMadeBy(power.op) || vectorMath.has(node.op!));
}

/** How a value is computed in a loop. */
export type Write = (e: Emitter, inputs: readonly Push[]) => void;

/** How to compute an elementwise node, or null where only its kernel can. */
export function emitterFor(node: GraphNode): Write | null {
  const { source, lowering } = node;
  if (source.kind !== "op" || lowering?.kind !== "elementwise") return null;
  const { op, inputs, attributes } = source;
  const lane = laneOf[inputs[inputs.length - 1].dtype];
  const result = laneOf[node.dtype];
  const known = forms.get(op);
  if (known) return written(known, lane, result, attributes);
  const { scalar } = lowering;
  if (!scalar || !floats.includes(lane) || result !== lane) return null;
  const exponent = op === power.op ? inputs[1].uniform : null;
  return (e, operands) => {
    if (!e.wide || !writeMath(e, op, exponent, operands)) e.each(scalar, lane, operands);
  };
}

function written(form: Form, lane: Lane, result: Lane, attributes: unknown): Write | null {
  if (!(form.lanes ?? floats).includes(lane)) return null;
  return (e, inputs) => form.write({ e, inputs, lane, result, attributes });
}

/**
 * How to compute an elementwise op without attributes four elements at a time so that results are those of its kernel
 * to the bit; null where there is no such way.
 */
export function exactEmitter(op: Op, inputs: readonly DType[], result: DType): Write | null {
  const known = forms.get(op);
  if (!known || known.roundsTwice || inputs.includes("float64") || result === "float64") return null;
  return written(known, laneOf[inputs[inputs.length - 1]], laneOf[result], undefined);
}

/** Four floats at a time, for the functions that are known that way. */
function writeMath({ code }: Emitter, op: Op, exponent: number | null, inputs: readonly Push[]): boolean {
  if (op === power.op) {
    const isWhole = exponent !== null && Number.isInteger(exponent) && exponent !== 0 && Math.abs(exponent) <= 3;
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
