/**
 * Arguments and results of jitted functions: tensors in arrays in records, taken apart and put together again.
 */
import { JitError, Parameter, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** The shape of a structure: where its tensors go, and what is always the same. */
type Skeleton =
  | { readonly kind: "tensor"; readonly index: number }
  | { readonly kind: "same"; readonly value: unknown }
  | { readonly kind: "array"; readonly items: readonly Skeleton[] }
  | { readonly kind: "record"; readonly keys: readonly string[]; readonly items: readonly Skeleton[] };

/** A structure taken apart. */
export interface Parts {
  readonly tensors: Tensor[];
  /** The structure again, of other tensors. */
  build(tensors: readonly Tensor[]): unknown;
  /** Whether it is an array of tensors, and nothing else. */
  readonly isFlat: boolean;
  /** Equal for structures that one compiled program serves, shapes and dtypes included. */
  readonly key: string;
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/** A number for an object, the same whenever it is asked for. */
function numberOf(x: object): number {
  let number = numbers.get(x);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(x, number);
  }
  return number;
}

/**
 * Takes a structure apart. Parameters are state and no tensors to be passed: they stay where they are.
 *
 * @param plain whether numbers, strings and truth values may be among it; they then belong to the key.
 */
export function takeApart(where: string, what: string, value: unknown, plain: boolean): Parts {
  const tensors: Tensor[] = [];
  let key = "";
  const visit = (x: unknown, path: string): Skeleton => {
    if (x instanceof Parameter) {
      key += `p${numberOf(x)}`;
      return { kind: "same", value: x };
    }
    if (x instanceof Tensor) {
      key += `${x.dtype}[${x.shape}]`;
      return { kind: "tensor", index: tensors.push(x) - 1 };
    }
    if (x === undefined || x === null || (plain && isPrimitive(x))) {
      key += typeof x === "string" ? JSON.stringify(x) : Object.is(x, -0) ? "-0" : String(x);
      key += ";";
      return { kind: "same", value: x };
    }
    if (Array.isArray(x) && !(plain && isData(x))) {
      key += "(";
      const items = x.map((item, i) => visit(item, `${path}[${i}]`));
      key += ")";
      return { kind: "array", items };
    }
    if (isRecord(x)) {
      const keys = Object.keys(x);
      key += "{";
      const items = keys.map((name) => {
        key += `${JSON.stringify(name)}:`;
        return visit(x[name], `${path}.${name}`);
      });
      key += "}";
      return { kind: "record", keys, items };
    }
    throw new JitError({
      where,
      expected: `${what} made of tensors, in arrays and records`,
      got: `${describe(x)}${path ? ` at ${path}` : ""}`,
      hint: plain
        ? "Numbers in arrays become a tensor with tensor(…); what never changes, the function can see from outside."
        : "Return tensors: a number computed while tracing would be the same at every call.",
    });
  };
  const skeleton = visit(value, "");
  const isFlat = skeleton.kind === "array" && skeleton.items.every(({ kind }) => kind === "tensor");
  return { tensors, key, isFlat, build: (others) => putTogether(skeleton, others) };
}

function putTogether(skeleton: Skeleton, tensors: readonly Tensor[]): unknown {
  switch (skeleton.kind) {
    case "tensor":
      return tensors[skeleton.index];
    case "same":
      return skeleton.value;
    case "array":
      return skeleton.items.map((item) => putTogether(item, tensors));
    case "record":
      return Object.fromEntries(skeleton.items.map((item, i) => [skeleton.keys[i], putTogether(item, tensors)]));
  }
}

function isPrimitive(x: unknown): boolean {
  return typeof x === "number" || typeof x === "string" || typeof x === "boolean" || typeof x === "bigint";
}

/** Numbers in arrays: data that should have been a tensor. */
function isData(x: readonly unknown[]): boolean {
  let item: unknown = x[0];
  while (Array.isArray(item)) item = item[0];
  return typeof item === "number" || typeof item === "boolean";
}

function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
}
