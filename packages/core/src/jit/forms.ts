/**
 * How each elementwise function is written in WebAssembly instructions, for four lanes and for one.
 */
import type { DType } from "../tensor/dtype.ts";
import type { Op } from "../tensor/op.ts";
import type { Code } from "../wasm/assembler.ts";
import type { Instruction } from "../wasm/instructions.ts";
import { math, pow, wholePower } from "../wasm/math.ts";
import type { GraphNode } from "./graph.ts";

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
interface Use {
  readonly e: Emitter;
  readonly inputs: readonly Push[];
  /** The kind of the inputs (of the last, where they differ), and of the result. */
  readonly lane: Lane;
  readonly result: Lane;
  readonly attributes: unknown;
}

interface Form {
  /** The kinds of inputs that it is written for; floats by default. */
  readonly lanes?: readonly Lane[];
  /** Whether it rounds more than once, so that float32 results differ from those of a kernel, which uses doubles. */
  readonly roundsTwice?: boolean;
  write(use: Use): void;
}

const floats: readonly Lane[] = ["f32", "f64"];
const allNumbers: readonly Lane[] = ["f32", "f64", "i32"];

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
const sign: Form = {
  write: ({ e, inputs: [x], lane }) => {
    const below = () => {
      x();
      e.constant(lane, 0);
      e.op(lane, "lt");
    };
    const above = () => {
      x();
      e.constant(lane, 0);
      e.op(lane, "gt");
    };
    choose(
      e,
      above,
      () => e.constant(lane, 1),
      () => choose(e, below, () => e.constant(lane, -1), x),
    );
  },
};

/** x < min ? min : x, and so on, which keeps NaN and -0; on four lanes pmax and pmin are just that. */
const clamp: Form = {
  write: ({ e, inputs: [x], lane, attributes }) => {
    const { min, max } = attributes as { min: number; max: number };
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

const cast: Form = {
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
  } else if (from === "i32") code.op(e.wide ? "f32x4.convert_i32x4_s" : (`${to}.convert_i32_s` as Instruction));
  else if (from === "f32") code.op("f64.promote_f32");
  else code.op("f32.demote_f64");
}

/** All forms, by the name that an op's lowering gives. */
const forms: Readonly<Record<string, Form>> = {
  add: instruction("add", allNumbers),
  sub: instruction("sub", allNumbers),
  mul: instruction("mul"),
  div: instruction("div"),
  maximum: instruction("max"),
  minimum: instruction("min"),
  equal: instruction("eq", allNumbers),
  notEqual: instruction("ne", allNumbers),
  less: instruction("lt", allNumbers),
  lessEqual: instruction("le", allNumbers),
  greater: instruction("gt", allNumbers),
  greaterEqual: instruction("ge", allNumbers),
  logicalAnd: logic("and"),
  logicalOr: logic("or"),
  logicalXor: logic("xor"),
  logicalNot: {
    lanes: ["f32", "f64", "i32", "mask"],
    write: ({ e, inputs: [x], lane }) => {
      x();
      if (lane === "mask") e.op("mask", "not");
      else {
        e.constant(lane, 0);
        e.op(lane, "eq");
      }
    },
  },
  neg: instruction("neg"),
  abs: instruction("abs"),
  sqrt: instruction("sqrt"),
  floor: instruction("floor"),
  ceil: instruction("ceil"),
  trunc: instruction("trunc"),
  round: instruction("nearest"),
  sign,
  clamp,
  cast,
  square: steps("x", "x", op("mul")),
  reciprocal: steps(1, "x", op("div")),
  rsqrt: { ...steps(1, "x", op("sqrt"), op("div")), roundsTwice: true },
  relu: { write: (use) => clamp.write({ ...use, attributes: { min: 0, max: Number.POSITIVE_INFINITY } }) },
  isNaN: steps("x", "x", op("ne")),
  isFinite: steps("x", op("abs"), Number.POSITIVE_INFINITY, op("lt")),
  isInfinite: steps("x", op("abs"), Number.POSITIVE_INFINITY, op("eq")),
  where: {
    lanes: ["f32", "f64", "i32", "mask"],
    write: ({ e, inputs: [condition, a, b] }) => choose(e, condition, a, b),
  },
};

/** The JavaScript function that an elementwise node calls for want of a form; null where it needs none. */
export function eachFor(node: GraphNode): ((...elements: number[]) => number) | null {
  const lower = node.op?.lower;
  return lower?.kind === "elementwise" && !forms[lower.form] && lower.each ? lower.each : null;
}

/** How a value is computed in a loop. */
export type Write = (e: Emitter, inputs: readonly Push[]) => void;

/** How to compute an elementwise node, or null where only its kernel can. */
export function formFor(node: GraphNode): Write | null {
  const { source } = node;
  if (source.kind !== "op" || source.op.lower?.kind !== "elementwise") return null;
  const { form: name, each } = source.op.lower;
  const lane = laneOf[source.inputs[source.inputs.length - 1].dtype];
  const result = laneOf[node.dtype];
  if (forms[name]) return written(name, lane, result, source.attributes);
  if (!each || !floats.includes(lane) || result !== lane) return null;
  const exponent = name === "pow" ? source.inputs[1].uniform : null;
  return (e, inputs) => {
    if (!e.wide || !writeMath(e, name, exponent, inputs)) e.each(each, lane, inputs);
  };
}

function written(name: string, lane: Lane, result: Lane, attributes: unknown): Write | null {
  const form = forms[name];
  if (!(form.lanes ?? floats).includes(lane)) return null;
  if (name === "cast" && result === "i32" && lane !== "mask") return null;
  return (e, inputs) => form.write({ e, inputs, lane, result, attributes });
}

/**
 * How to compute an elementwise op without attributes four elements at a time so that results are those of its kernel
 * to the bit; null where there is no such way.
 */
export function exactForm(op: Op, inputs: readonly DType[], result: DType): Write | null {
  if (op.lower?.kind !== "elementwise" || inputs.includes("float64") || result === "float64") return null;
  const { form: name } = op.lower;
  if (!forms[name] || forms[name].roundsTwice) return null;
  return written(name, laneOf[inputs[inputs.length - 1]], laneOf[result], undefined);
}

/** Four floats at a time, for the functions that are known that way. */
function writeMath({ code }: Emitter, name: string, exponent: number | null, inputs: readonly Push[]): boolean {
  if (name === "pow") {
    const isWhole = exponent !== null && Number.isInteger(exponent) && exponent !== 0 && Math.abs(exponent) <= 3;
    for (const input of isWhole ? inputs.slice(0, 1) : inputs) input();
    if (isWhole) wholePower(code, exponent);
    else pow(code);
    return true;
  }
  if (!Object.hasOwn(math, name)) return false;
  inputs[0]();
  math[name as keyof typeof math](code);
  return true;
}
