/**
 * What elementwise ops are written of: an instruction, a few of them one after another, choices and comparisons.
 */
import type { DType } from "@chainrule/core";
import { convert } from "./conversions.ts";
import type { Emitter, LaneType, Push } from "./lanes.ts";

/** One application of an emitter. */
interface EmitContext<Attributes = unknown> {
  readonly e: Emitter;
  readonly inputs: readonly Push[];
  /** The type of the inputs (of the last, where they differ), and of the result. */
  readonly lane: LaneType;
  readonly result: LaneType;
  readonly attributes: Attributes;
}

/** How an elementwise op is written in instructions. */
export interface InstructionEmitter<Attributes = unknown> {
  /** The types of inputs that it is written for; floats by default. */
  readonly lanes?: readonly LaneType[];
  /** Whether it rounds more than once, so that float32 results differ from those of a kernel, which uses doubles. */
  readonly roundsTwice?: boolean;
  write(context: EmitContext<Attributes>): void;
}

export const floats: readonly LaneType[] = ["f32", "f64"];
export const allNumbers: readonly LaneType[] = ["f32", "f64", "i32"];
export const allKinds: readonly LaneType[] = [...allNumbers, "mask"];

/** Both inputs, then one instruction. */
export function instruction(name: string, lanes: readonly LaneType[] = floats): InstructionEmitter {
  return {
    lanes,
    write: ({ e, inputs, lane }) => {
      for (const input of inputs) input();
      e.op(lane, name);
    },
  };
}

export function logic(name: "and" | "or" | "xor"): InstructionEmitter {
  return instruction(name, ["mask"]);
}

export function choose(e: Emitter, condition: Push, a: Push, b: Push): void {
  a();
  b();
  condition();
  e.code.op(e.wide ? "v128.bitselect" : "select");
}

/** Step by step: `x` pushes the input, the rest is instructions and constants. */
export function steps(...list: readonly ("x" | number | { readonly op: string })[]): InstructionEmitter {
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

export const op = (name: string) => ({ op: name });

/** -1, 0 or 1, and NaN and -0 as they are. */
export const signOf: InstructionEmitter = {
  lanes: allNumbers,
  write: (context) => {
    const { e, inputs, lane } = context;
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
          () => isBelow0(context),
          () => e.constant(lane, -1),
          inputs[0],
        ),
    );
  },
};

/** x < min ? min : x, and so on, which keeps NaN and -0; on four lanes pmax and pmin are just that. */
export const clamped: InstructionEmitter<{ readonly min: number; readonly max: number }> = {
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

export const converted: InstructionEmitter<DType> = {
  lanes: ["f32", "f64", "i32", "mask"],
  write: ({ e, inputs: [x], lane, result }) => {
    x();
    convert(e, lane, result);
  },
};

/** The larger or smaller of two. */
export function best(name: "max" | "min"): InstructionEmitter {
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
export function comparing(
  name: string,
  [negated, combine]: readonly [0 | 1 | null, "and" | "or" | "xor"],
  not = false,
): InstructionEmitter {
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
export const negated: InstructionEmitter = {
  lanes: allNumbers,
  write: ({ e, inputs: [x], lane }) => {
    if (lane === "i32") e.constant(lane, 0);
    x();
    e.op(lane, lane === "i32" ? "sub" : "neg");
  },
};

export const absolute: InstructionEmitter = {
  lanes: allNumbers,
  write: (context) => {
    const { e, inputs, lane } = context;
    if (lane === "i32" && !e.wide)
      choose(
        e,
        () => isBelow0(context),
        () => negated.write(context),
        inputs[0],
      );
    else {
      inputs[0]();
      e.op(lane, "abs");
    }
  },
};

function isBelow0({ e, inputs: [x], lane }: EmitContext): void {
  x();
  e.constant(lane, 0);
  e.op(lane, "lt");
}
