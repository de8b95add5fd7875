/**
 * A model as a graph of its layers, for TensorBoard.
 */
import { Functional, Layer, type Module, Sequential, type Symbolic } from "@chainrule/nn";
import type { GraphNode } from "./events.ts";

type Shape = GraphNode["shape"];

/**
 * The layers with what each takes: models within models as boxes. A class of one's own, of which only its `forward` knows
 * the order, is a box with its parts side by side.
 */
export function layerGraph(model: Module<unknown>): GraphNode[] {
  const nodes: GraphNode[] = [];
  const taken = new Set<string>();
  const add = (name: string, op: string, inputs: readonly string[], shape: Shape) => {
    let unique = name;
    for (let i = 1; taken.has(unique); i++) unique = `${name}_${i}`;
    taken.add(unique);
    nodes.push({ name: unique, op, inputs, shape });
    return unique;
  };
  const names = model instanceof Functional ? model.inputNames : ["input"];
  const shapes = model instanceof Functional ? model.graph.inputs.map(({ shape }) => shape) : [inputShapeOf(model)];
  const inputs = names.map((name, i) => add(valid(name), "Input", [], shapes[i]));
  addModule(model, valid(model.name), inputs, shapes, add);
  return nodes;
}

function inputShapeOf(model: Module<unknown>): Shape {
  return model instanceof Sequential || model instanceof Layer ? model.inputShape : null;
}

type Add = (name: string, op: string, inputs: readonly string[], shape: Shape) => string;

/** Adds a module as a box of this name; returns the names of what it gives, and their shapes. */
function addModule(
  module: Module<unknown>,
  name: string,
  inputs: readonly string[],
  shapes: readonly Shape[],
  add: Add,
): { readonly names: readonly string[]; readonly shapes: readonly Shape[] } {
  if (module instanceof Sequential)
    return module.layers.reduce<{ names: readonly string[]; shapes: readonly Shape[] }>(
      (last, layer) => addModule(layer, `${name}/${valid(layer.name)}`, last.names, last.shapes, add),
      { names: inputs, shapes },
    );
  if (module instanceof Functional) return addGraph(module, name, inputs, shapes, add);
  const [shape = null] = shapes;
  const known = module instanceof Layer && shape && module.built ? outputShape(module, shape) : null;
  const added = add(name, module.constructor.name, inputs, known);
  if (!(module instanceof Layer))
    for (const part of module.modules().slice(1))
      if (part instanceof Layer) add(`${name}/${valid(part.name)}`, part.constructor.name, [added], null);
  return { names: [added], shapes: [known] };
}

function addGraph(model: Functional, name: string, inputs: readonly string[], shapes: readonly Shape[], add: Add) {
  const names = new Map<Symbolic, string>();
  model.graph.inputs.forEach((symbolic, i) => {
    names.set(symbolic, inputs[i] ?? inputs[0]);
  });
  let last: { names: readonly string[]; shapes: readonly Shape[] } = { names: inputs, shapes };
  for (const { module, inputs: taken, outputs } of model.graph.calls) {
    const from = taken.map((symbolic) => names.get(symbolic)!);
    last = addModule(
      module,
      `${name}/${valid(module.name)}`,
      from,
      taken.map(({ shape }) => shape),
      add,
    );
    outputs.forEach((symbolic, i) => {
      names.set(symbolic, last.names[i] ?? last.names[0]);
    });
  }
  return last;
}

/** What the layer says of it; one that would have to be tried says nothing. */
function outputShape(layer: Layer, shape: NonNullable<Shape>): Shape {
  return layer.outputShape === Layer.prototype.outputShape ? null : layer.outputShape(shape);
}

/** A name as TensorBoard takes it: slashes make boxes, and it begins with a letter, a digit or a dot. */
function valid(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_.-]/g, "_");
  return /^[A-Za-z0-9.]/.test(plain) ? plain : `.${plain}`;
}
