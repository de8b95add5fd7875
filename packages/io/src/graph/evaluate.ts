/**
 * Runs a graph without changing anything: what a step would compute, again and again from its own results.
 */
import type { Graph, GraphNode } from "@chainrule/compiler/internal";
import { type Generator, type Parameter, sizeOf, Tensor } from "@chainrule/core";
import { allocate, compute, withGradEnabled, withTracer } from "@chainrule/core/internal";

/** The results of the first steps, each computed from the state that the one before left. Generators are put back. */
export function firstSteps(
  graph: Graph,
  inputs: readonly Tensor[],
  generators: readonly Generator[],
  steps: number,
  beforeStep: (step: number, state: Map<Parameter, Tensor>) => void = () => {},
): Tensor[][] {
  const before = generators.map((generator) => generator.state);
  const state = new Map<Parameter, Tensor>();
  try {
    return withTracer(null, () =>
      withGradEnabled(false, () =>
        Array.from({ length: steps }, (_, step) => {
          beforeStep(step, state);
          return oneStep(graph, inputs, state);
        }),
      ),
    );
  } finally {
    generators.forEach((generator, i) => {
      generator.state = before[i];
    });
  }
}

function oneStep(graph: Graph, inputs: readonly Tensor[], state: Map<Parameter, Tensor>): Tensor[] {
  const values = new Map<GraphNode, Tensor>();
  for (const node of graph.nodes) values.set(node, computed(node, values, inputs, state));
  for (const [parameter, node] of graph.assigned) state.set(parameter, values.get(node)!);
  return graph.outputs.map((node) => values.get(node)!);
}

function computed(
  { source, shape, dtype }: GraphNode,
  values: ReadonlyMap<GraphNode, Tensor>,
  inputs: readonly Tensor[],
  state: ReadonlyMap<Parameter, Tensor>,
): Tensor {
  switch (source.kind) {
    case "input":
      return inputs[source.index].detach();
    case "state":
      return state.get(source.parameter) ?? source.parameter.detach();
    case "constant": {
      const { numbers } = source;
      // A constant of one number may stand for an array of them.
      return new Tensor(
        numbers.length === sizeOf(shape) ? numbers : allocate(dtype, sizeOf(shape)).fill(numbers[0]),
        shape,
        dtype,
      );
    }
    case "op":
      return compute(
        source.op,
        source.inputs.map((input) => values.get(input)!),
        source.attributes,
        { shape, dtype },
      );
  }
}
