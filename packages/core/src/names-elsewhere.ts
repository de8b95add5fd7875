/**
 * What other libraries and arrays have, and tensors have under another name: whoever types it reads what to type instead.
 */
import { OptionError } from "./errors.ts";
import { Tensor } from "./tensor/tensor.ts";

const elementwise =
  "Operations take whole tensors: x.mul(2), where(x.greater(0), a, b); for plain numbers, x.toArray().";
const toArrays = "Write x.toArray() for nested arrays, x.toTypedArray() for a flat copy, x.item() for a single number.";
const stays = "Numbers stay where they are: there is one device, and nothing to move or to free. Leave the call out.";
const asDType = 'Write x.cast("float32"), or "float64", "int32", "bool".';

const unchanging = "A tensor never changes: write x = x.add(y). For a weight, w.assign(w.sub(…)) replaces its value.";
const inPlace = ["add_", "sub_", "mul_", "div_", "copy_", "fill_", "clamp_"].map((name) => [name, unchanging] as const);

/** Methods, by name. */
const methods: Readonly<Record<string, string>> = {
  map: elementwise,
  forEach: elementwise,
  filter: elementwise,
  reduce: "Write x.sum(), x.prod(), x.max(), …; for plain numbers, x.toArray().",
  push: "A tensor never changes: put tensors together with concat or stack.",
  fill: "A tensor never changes: make one with full(shape, value).",
  set: 'A tensor never changes: sliceUpdate(x, ["0:2"], y) gives one with another part.',
  zero_: "A tensor never changes. For gradients, write w.zeroGrad() or optimizer.zeroGrad().",
  ...Object.fromEntries(inPlace),
  requires_grad_: "Make what is learned with parameter(x).",
  print: "Write console.log(String(x)).",
  join: toArrays,
  head: 'Write x.slice("0:5").',
  dim: "Write x.rank.",
  numpy: toArrays,
  tolist: toArrays,
  array: toArrays,
  arraySync: toArrays,
  dataSync: toArrays,
  toFixed: "Write x.item().toFixed(2).",
  get: "Write x.at(i, j) for an element as a number, x.slice(i) for a part as a tensor.",
  view: "Write x.reshape([…]).",
  t: "Write x.transpose() or x.T.",
  mm: "Write x.matmul(y).",
  bmm: "Write x.matmul(y), which takes batches too.",
  argMax: "Write x.argmax(axis).",
  argMin: "Write x.argmin(axis).",
  cpu: stays,
  cuda: stays,
  to: `${stays} For another dtype: ${asDType}`,
  dispose: stays,
  clone: "A tensor never changes: use it as it is. Of a parameter, x.detach() keeps the numbers that it has now.",
  float: asDType,
  long: asDType,
  int: asDType,
  double: asDType,
  bool: asDType,
  asType: asDType,
  astype: asDType,
};

/** Properties, by name. */
const properties: Readonly<Record<string, string>> = {
  length: "Write x.shape[0] for the number of rows, x.size for that of all elements.",
  ndim: "Write x.rank.",
};

/** Properties that nobody may set. `data` is none of them: programs ask what they are given whether it has that. */
const assigned: Readonly<Record<string, string>> = {
  requires_grad: "What is learned is made with parameter(x).",
};

const rows =
  "Write x.slice(0) for a row as a tensor, x.at(0) or x.at(0, 1) for an element as a number; sliceUpdate(x, [0], y) for another tensor in which it is y.";

teachNames(Tensor.prototype, "tensor", "something that tensors have", { methods, properties, assigned });
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
      set: () => refuse(/^\d/.test(name) ? `x[${name}] = …` : `${name} = …`, hint),
      configurable: true,
    });
  for (const [name, hint] of Object.entries(names.assigned ?? {}))
    Object.defineProperty(prototype, name, { set: () => refuse(`${name} = …`, hint), configurable: true });
}
