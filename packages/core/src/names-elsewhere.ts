/**
 * What other libraries and arrays have, and tensors have under another name: whoever types it reads what to type instead.
 */
import { OptionError } from "./errors.ts";
import { Tensor } from "./tensor/tensor.ts";

const elementwise =
  "Operations take whole tensors: x.mul(2), where(x.greater(0), a, b); for plain numbers, x.toArray().";
const toArrays = "Write x.toArray() for nested arrays, x.toTypedArray() for a flat copy, x.item() for a single number.";

/** Methods, by name. */
const methods: Readonly<Record<string, string>> = {
  map: elementwise,
  forEach: elementwise,
  filter: elementwise,
  reduce: "Write x.sum(), x.prod(), x.max(), …; for plain numbers, x.toArray().",
  push: "A tensor never changes: put tensors together with concat or stack.",
  fill: "A tensor never changes: make one with full(shape, value).",
  numpy: toArrays,
  tolist: toArrays,
  array: toArrays,
  toFixed: "Write x.item().toFixed(2).",
  get: "Write x.at(i, j) for an element as a number, x.slice(i) for a part as a tensor.",
  clone: "A tensor never changes: use it as it is. Of a parameter, x.detach() keeps the numbers that it has now.",
};

/** Properties, by name. */
const properties: Readonly<Record<string, string>> = {
  length: "Write x.shape[0] for the number of rows, x.size for that of all elements.",
  ndim: "Write x.rank.",
};

const rows =
  "Write x.slice(0) for a row as a tensor, x.at(0) or x.at(0, 1) for an element as a number; sliceUpdate(x, [0], y) for another tensor in which it is y.";

teachNames(Tensor.prototype, "tensor", "something that tensors have", { methods, properties });
// x[0], x[1], …: nothing that is not there can be seen but what has a name, and who counts begins at 0.
for (let i = 0; i < 10; i++)
  teachNames(Tensor.prototype, "tensor", "something that tensors have", { properties: { [i]: rows } });

/** What other libraries have, and what to write here: by names of methods, which are called, and of properties, which are read. */
export interface NamesElsewhere {
  readonly methods?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, string>>;
  /** Properties that are refused only when they are set. */
  readonly assigned?: Readonly<Record<string, string>>;
}

/**
 * Makes using a name that other libraries have an error that says what to write here.
 *
 * @param prototype of the class that has it not.
 */
export function teachNames(prototype: object, where: string, expected: string, names: NamesElsewhere): void {
  const refuse = (got: string, hint: string): never => {
    throw new OptionError({ where, expected, got, hint });
  };
  for (const [name, hint] of Object.entries(names.methods ?? {}))
    Object.defineProperty(prototype, name, {
      value: () => refuse(`${name}()`, hint),
      writable: true,
      configurable: true,
    });
  for (const [name, hint] of Object.entries(names.properties ?? {}))
    Object.defineProperty(prototype, name, {
      get: () => refuse(/^\d/.test(name) ? `x[${name}]` : name, hint),
      set: () => refuse(`${name} = …`, hint),
      configurable: true,
    });
  for (const [name, hint] of Object.entries(names.assigned ?? {}))
    Object.defineProperty(prototype, name, { set: () => refuse(`${name} = …`, hint), configurable: true });
}
