/**
 * Pytrees: arguments and results of jitted functions, tensors in nested arrays and records, flattened and unflattened.
 */
import { JitError, Parameter, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** What is deeper is a mistake, or a circle. */
const deepest = 256;

/** What is left of a tree without its tensors: where each goes, and what is always the same. */
type TreeDef =
  | { readonly kind: "tensor"; readonly index: number }
  | { readonly kind: "static"; readonly value: unknown }
  | { readonly kind: "array"; readonly items: readonly TreeDef[] }
  | { readonly kind: "record"; readonly keys: readonly string[]; readonly items: readonly TreeDef[] };

/** A tree that was flattened. */
export interface FlatTree {
  readonly tensors: Tensor[];
  /** The tree again, of other tensors. */
  unflatten(tensors: readonly Tensor[]): unknown;
  /** Whether it is an array of tensors, and nothing else. */
  readonly isFlat: boolean;
  /** Equal for trees that one compiled program serves, shapes and dtypes included. */
  readonly key: string;
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/** A number that identifies an object. */
function numberOf(x: object): number {
  let number = numbers.get(x);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(x, number);
  }
  return number;
}

/**
 * Flattens a tree. Its leaves are tensors; parameters are state and no tensors to be passed, so they stay where they are.
 *
 * @param plain whether numbers, strings and truth values may be in it; they then belong to the key.
 */
export function flatten(where: string, what: string, value: unknown, plain: boolean): FlatTree {
  const tensors: Tensor[] = [];
  let key = "";
  const visit = (x: unknown, path: string, depth = 0): TreeDef => {
    if (depth > deepest)
      throw new JitError({
        where,
        expected: `${what} at most ${deepest} arrays and records deep`,
        got: "deeper ones, or one that holds itself",
      });
    if (x instanceof Parameter) {
      key += `p${numberOf(x)};`;
      return { kind: "static", value: x };
    }
    if (x instanceof Tensor) {
      key += `${x.dtype}[${x.shape}];`;
      return { kind: "tensor", index: tensors.push(x) - 1 };
    }
    if (x === undefined || x === null || (plain && isPrimitive(x))) {
      key += `${primitiveKey(x)};`;
      return { kind: "static", value: x };
    }
    if (Array.isArray(x) && !(plain && isData(x))) {
      key += "(";
      const items = x.map((item, i) => visit(item, `${path}[${i}]`, depth + 1));
      key += ")";
      return { kind: "array", items };
    }
    if (isRecord(x)) {
      const keys = Object.keys(x);
      key += "{";
      const items = keys.map((name) => {
        key += `${JSON.stringify(name)}:`;
        return visit(x[name], `${path}.${name}`, depth + 1);
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
  const treedef = visit(value, "");
  const isFlat = treedef.kind === "array" && treedef.items.every(({ kind }) => kind === "tensor");
  return { tensors, key, isFlat, unflatten: (others) => unflatten(treedef, others) };
}

function unflatten(treedef: TreeDef, tensors: readonly Tensor[]): unknown {
  switch (treedef.kind) {
    case "tensor":
      return tensors[treedef.index];
    case "static":
      return treedef.value;
    case "array":
      return treedef.items.map((item) => unflatten(item, tensors));
    case "record":
      return Object.fromEntries(treedef.items.map((item, i) => [treedef.keys[i], unflatten(item, tensors)]));
  }
}

/** A plain value as text that no other has: 2 and 2n, 0 and -0, "null" and null are told apart. */
function primitiveKey(x: unknown): string {
  if (typeof x === "string") return JSON.stringify(x);
  if (typeof x === "bigint") return `${x}n`;
  return Object.is(x, -0) ? "-0" : String(x);
}

function isPrimitive(x: unknown): boolean {
  return typeof x === "number" || typeof x === "string" || typeof x === "boolean" || typeof x === "bigint";
}

/** Numbers in arrays: data that should have been a tensor. */
function isData(x: readonly unknown[]): boolean {
  let item: unknown = x[0];
  for (let depth = 0; Array.isArray(item) && depth < deepest; depth++) item = item[0];
  return typeof item === "number" || typeof item === "boolean";
}

function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
}
