/**
 * The structure of what was traced: all that compiling goes by. Graphs of equal structure differ in nothing but which parameters
 * they have and which generators they draw from, so that they can share a program's code.
 */
import { type DType, type Op, Parameter, type TypedArray } from "@chainrule/core";
import { allocate, isBuiltinOp } from "@chainrule/core/internal";
import { areEqualAttributes, type Graph } from "../ir/graph.ts";
import { guardOp } from "../ir/guard.ts";

/** What is compared, and kept for that. */
export interface Structure {
  readonly hash: number;
  /** What makes each value, its shape and its dtype, which values are results, and of what kind. */
  readonly numbers: readonly number[];
  readonly ops: readonly Op[];
  readonly attributes: readonly unknown[];
  readonly constants: readonly TypedArray[];
  /** Whether code depends on nothing else: not where there are ops of the user's, which may be lowered otherwise each time. */
  readonly isComparable: boolean;
}

/** A structure, with what differs between graphs that have it. */
export interface StructureOfGraph extends Structure {
  /** The parameters, in the order in which they are first read; and what each random draw is made by. */
  readonly parameters: readonly Parameter[];
  readonly draws: readonly unknown[];
}

const dtypes: readonly DType[] = ["float32", "float64", "int32", "bool"];
const [ofInput, ofConstant, ofState, ofOp] = [0, 1, 2, 3];

export function structureOf({ nodes, outputs, assigned }: Graph): StructureOfGraph {
  const numbers = [nodes.length, outputs.length];
  const ops: Op[] = [];
  const attributes: unknown[] = [];
  const constants: TypedArray[] = [];
  const draws: unknown[] = [];
  let isComparable = true;
  const parameters = new Map<Parameter, number>();
  const numberOf = (parameter: Parameter) => {
    if (!parameters.has(parameter)) parameters.set(parameter, parameters.size);
    return parameters.get(parameter)!;
  };
  for (const { source, dtype, shape } of nodes) {
    numbers.push(dtypes.indexOf(dtype), shape.length);
    for (let axis = 0; axis < shape.length; axis++) numbers.push(shape[axis]);
    if (source.kind === "op") {
      const { op, inputs } = source;
      isComparable &&= isBuiltinOp(op) || op === guardOp;
      ops.push(op);
      (op.random ? draws : attributes).push(source.attributes);
      numbers.push(ofOp, inputs.length);
      for (let i = 0; i < inputs.length; i++) numbers.push(inputs[i].id);
    } else if (source.kind === "constant") {
      constants.push(source.numbers);
      numbers.push(ofConstant);
    } else if (source.kind === "state") numbers.push(ofState, numberOf(source.parameter));
    else numbers.push(ofInput, source.index);
  }
  for (const { id } of outputs) numbers.push(id);
  for (const [parameter, { id }] of assigned) numbers.push(numberOf(parameter), id);
  const particular = { parameters: [...parameters.keys()], draws };
  return { hash: hashOf(numbers), numbers, ops, attributes, constants, isComparable, ...particular };
}

function hashOf(numbers: readonly number[]): number {
  let hash = numbers.length;
  for (let i = 0; i < numbers.length; i++) hash = Math.imul(hash ^ numbers[i], 0x9e3779b1) ^ (hash >>> 15);
  return hash;
}

/** Whether what is compiled of one graph is what is compiled of the other. Attributes that hold more than plain data never are equal. */
export function areEqualStructures(a: Structure, b: Structure): boolean {
  return (
    a.hash === b.hash &&
    areEqual(a.numbers, b.numbers, Object.is) &&
    areEqual(a.ops, b.ops, Object.is) &&
    areEqual(a.constants, b.constants, (x, y) => x === y || areEqual(x, y, Object.is)) &&
    areEqual(a.attributes, b.attributes, areEqualAttributes)
  );
}

function areEqual<Item>(a: ArrayLike<Item>, b: ArrayLike<Item>, isEqual: (x: Item, y: Item) => boolean): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!isEqual(a[i], b[i])) return false;
  return true;
}

/** A parameter without numbers, which keeps no model from being garbage: it stands for one of such a shape. */
export function standInFor({ shape, dtype, isBuffer }: Parameter): Parameter {
  return new Parameter(allocate(dtype, 0), shape, dtype, isBuffer);
}
