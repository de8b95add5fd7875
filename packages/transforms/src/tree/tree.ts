/**
 * Trees: tensors in arrays and records, taken apart and put together again.
 */
import { asTensor, Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** What is deeper is a mistake, or a circle. */
const deepest = 256;

/** A tensor of a tree, and where it stands: `".state[0]"`, `""` for the tree itself. */
export interface Leaf {
  readonly tensor: Tensor;
  readonly path: string;
}

/** A tree that was taken apart. */
export interface Tree {
  readonly leaves: readonly Leaf[];
  /** The tree again, with other tensors at its leaves. */
  build(tensors: readonly Tensor[]): unknown;
  /** What it looks like without its tensors, `{h: *, c: *}`: equal for trees of one form. */
  readonly form: string;
}

/**
 * Takes a tree apart. Its leaves are tensors, numbers, and nested arrays of numbers; null and undefined stay where they
 * are.
 *
 * @param what it is, for the error about something else in it, which ends with `hint`.
 * @throws ValueError for anything else in it.
 */
export function takeApart(where: string, what: string, value: unknown, hint?: string): Tree {
  const leaves: Leaf[] = [];
  const visit = (x: unknown, path: string, depth: number): Node => {
    if (depth > deepest)
      throw new ValueError({
        where,
        expected: `${what} at most ${deepest} arrays and records deep`,
        got: "deeper ones, or one that holds itself",
      });
    if (isLeaf(x)) return { form: "*", index: leaves.push({ tensor: asTensor(x, where), path }) - 1 };
    if (x === null || x === undefined) return { form: String(x), constant: x };
    if (Array.isArray(x)) {
      const items = x.map((item, i) => visit(item, `${path}[${i}]`, depth + 1));
      return { form: `[${items.map(({ form }) => form).join(", ")}]`, items };
    }
    if (isRecord(x)) {
      const keys = Object.keys(x).sort();
      const items = keys.map((key) => visit(x[key], `${path}.${key}`, depth + 1));
      return { form: `{${items.map(({ form }, i) => `${keys[i]}: ${form}`).join(", ")}}`, keys, items };
    }
    throw new ValueError({
      where,
      expected: `${what}: tensors, in arrays and records`,
      got: `${describe(x)}${path && ` at ${path}`}`,
      hint,
    });
  };
  const root = visit(value, "", 0);
  return { leaves, form: root.form, build: (tensors) => build(root, tensors) };
}

interface Node {
  readonly form: string;
  readonly index?: number;
  readonly constant?: unknown;
  readonly keys?: readonly string[];
  readonly items?: readonly Node[];
}

function build({ index, constant, keys, items }: Node, tensors: readonly Tensor[]): unknown {
  if (index !== undefined) return tensors[index];
  if (items === undefined) return constant;
  const parts = items.map((item) => build(item, tensors));
  return keys ? Object.fromEntries(keys.map((key, i) => [key, parts[i]])) : parts;
}

/** A tensor, or what becomes one: a number, a truth value, a typed array, numbers in arrays. */
function isLeaf(x: unknown): x is TensorLike {
  return x instanceof Tensor || typeof x === "number" || typeof x === "boolean" || ArrayBuffer.isView(x) || isData(x);
}

/** Numbers in arrays, and no arrays of tensors. */
function isData(x: unknown): boolean {
  let item = x;
  for (let depth = 0; Array.isArray(item) && depth < deepest; depth++) item = item[0];
  return Array.isArray(x) && (typeof item === "number" || typeof item === "boolean");
}

/** Whether it is an object as `{ … }` makes it. */
export function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
}
