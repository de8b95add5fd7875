/**
 * A graph as a program in Python: one line for each operation, state and constants in dictionaries.
 */

import type { Graph, GraphNode } from "@chainrule/compiler/internal";
import { type Generator, OptionError, type Parameter, type Shape } from "@chainrule/core";
import { helperCode } from "../python/helpers.ts";
import { plainText, tuple } from "../python/text.ts";
import { dtypeOf, expressionOf, literal } from "./expressions.ts";
import { helpers } from "./prelude.ts";
import { type Draw, drawCall } from "./random.ts";

/** What the values of a graph are called. */
export interface Names {
  /** The arguments, in the order of the graph's inputs. */
  readonly inputs: readonly string[];
  readonly parameters: ReadonlyMap<Parameter, string>;
  readonly generators: ReadonlyMap<Generator, string>;
  /** Learning rates that follow a schedule: the entry of the state that holds the rates of all steps. */
  readonly schedules: ReadonlyMap<Parameter, string>;
}

/** The entry of the state that counts steps, where there are schedules. */
export const iterations = "optimizer.iterations";

/** The lines of a step's body, and what else they need. */
export interface Body {
  readonly lines: readonly string[];
  /** The name of each output. */
  readonly outputs: readonly string[];
  /** Which entries of the state the step changes, and to what. */
  readonly state: readonly (readonly [name: string, value: string])[];
  /** Constants too large to be written into the program, by name. */
  readonly constants: ReadonlyMap<string, GraphNode>;
  readonly helpers: ReadonlySet<string>;
}

/** Constants up to this size are written into the program. */
const inlineConstant = 16;

/** Ops whose operands may be plain numbers in Python. */
const takesNumbers = new Set(
  ["add", "sub", "mul", "div", "mod", "pow", "maximum", "minimum", "where"].concat([
    "equal",
    "notEqual",
    "less",
    "lessEqual",
    "greater",
    "greaterEqual",
  ]),
);

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Writes the body of a step. @throws OptionError for an op that JAX has no counterpart of. */
export function writeBody(where: string, graph: Graph, names: Names, scopes: ReadonlyMap<GraphNode, string>): Body {
  const writer = new BodyWriter(where, names);
  for (const node of graph.nodes) {
    if (node.op) writer.enter(scopes.get(node) ?? "");
    writer.write(node);
  }
  return {
    lines: writer.lines,
    outputs: graph.outputs.map((node) => writer.valueOf(node)),
    state: [
      ...graph.assigned.map(([parameter, node]) => [names.parameters.get(parameter)!, writer.valueOf(node)] as const),
      ...writer.countersAfter(),
      ...(names.schedules.size > 0 ? [[iterations, `state["${iterations}"] + 1`] as const] : []),
    ],
    constants: writer.constants,
    helpers: writer.helpers,
  };
}

class BodyWriter {
  readonly lines: string[] = [];
  readonly constants = new Map<string, GraphNode>();
  readonly helpers = new Set<string>();
  readonly #where: string;
  readonly #names: Names;
  readonly #values = new Map<GraphNode, string>();
  readonly #counts = new Map<string, number>();
  readonly #counters = new Map<Generator, string>();
  #scope: string | null = null;

  constructor(where: string, names: Names) {
    this.#where = where;
    this.#names = names;
  }

  /** What the value is called; for constants of one number, an array of them. */
  valueOf(node: GraphNode): string {
    return this.#values.get(node) ?? this.#full(node);
  }

  countersAfter(): [string, string][] {
    return [...this.#counters].map(([generator, counter]) => [
      `${this.#names.generators.get(generator)}.counter`,
      counter,
    ]);
  }

  /** Says in a comment where the lines that follow belong. */
  enter(scope: string): void {
    if (this.#scope === scope) return;
    // What belongs nowhere after something that does is the step's own.
    if (scope !== "" || this.#scope !== null) this.lines.push(`# ${plainText(scope || "step")}`);
    this.#scope = scope;
  }

  write(node: GraphNode): void {
    const { source } = node;
    switch (source.kind) {
      case "input":
        this.#values.set(node, this.#names.inputs[source.index]);
        break;
      case "state":
        this.#values.set(node, this.#state(source.parameter));
        break;
      case "constant":
        if (node.uniform === null) this.#values.set(node, this.#constant(node));
        break;
      case "op":
        if (source.op.random) this.#draw(node, source.attributes as Draw);
        else this.#apply(node, source.op.name);
    }
  }

  #state(parameter: Parameter): string {
    const rates = this.#names.schedules.get(parameter);
    if (rates === undefined) return `state[${JSON.stringify(this.#names.parameters.get(parameter))}]`;
    // Beyond the rates that were written out there is none: NaN, which cannot be overlooked.
    const taken = `state["${rates}"].at[state["${iterations}"]].get(mode="fill", fill_value=jnp.nan)`;
    return this.#assign("rate", taken, parameter.shape);
  }

  #apply(node: GraphNode, name: string): void {
    const expression = expressionOf(node.op!);
    if (!expression)
      throw new OptionError({
        where: this.#where,
        expected: "operations of the library, which JAX has too",
        got: `"${name}"`,
        hint: "Write an op of your own with compose, in operations of the library, and it is exported as those.",
      });
    const source = node.source.kind === "op" ? node.source : null;
    const text = expression({
      inputs: this.#operands(node, name),
      inputShapes: node.inputs.map(({ shape }) => shape),
      inputDTypes: node.inputs.map(({ dtype }) => dtype),
      shape: node.shape,
      dtype: node.dtype,
      attributes: source!.attributes as never,
      helper: (helper, ...args) => {
        this.helpers.add(helper);
        return `${helper}(${args.join(", ")})`;
      },
    });
    this.#values.set(node, this.#assign(name, text, node.shape));
  }

  /** Plain numbers where another operand says of which dtype they are, else arrays. */
  #operands(node: GraphNode, name: string): string[] {
    const { inputs } = node;
    const values = name === "where" ? inputs.slice(1) : inputs;
    const someArray = values.some(({ uniform }) => uniform === null);
    return inputs.map((input, i) => {
      const isValue = name !== "where" || i > 0;
      const isPlain =
        takesNumbers.has(name) && isValue && someArray && input.uniform !== null && input.shape.length === 0;
      return isPlain ? literal(input.uniform!, input.dtype) : this.valueOf(input);
    });
  }

  #full(node: GraphNode): string {
    const number = literal(node.uniform!, node.dtype);
    return `jnp.full(${tuple(node.shape)}, ${number}, ${dtypeOf(node.dtype)})`;
  }

  #constant(node: GraphNode): string {
    const { source, dtype, shape, size } = node;
    if (source.kind !== "constant") return "";
    if (size <= inlineConstant) {
      const numbers = Array.from(source.numbers, (x) => literal(x, dtype)).join(", ");
      const flat = `jnp.array([${numbers}], ${dtypeOf(dtype)})`;
      return this.#assign("constant", shape.length === 1 ? flat : `${flat}.reshape(${tuple(shape)})`, shape);
    }
    const name = this.#fresh("constant");
    this.constants.set(name, node);
    return `CONSTANTS["${name}"]`;
  }

  #draw(node: GraphNode, draw: Draw): void {
    const { helper, args } = drawCall(this.#where, draw);
    this.helpers.add(helper);
    const generator = this.#names.generators.get(draw.generator)!;
    const counter = this.#counters.get(draw.generator) ?? `state["${generator}.counter"]`;
    const value = this.#fresh(helper.replace("random_", ""));
    const next = this.#fresh("counter");
    this.lines.push(`${value}, ${next} = ${helper}(state["${generator}.key"], ${counter}, ${args.join(", ")})`);
    this.#counters.set(draw.generator, next);
    this.#values.set(node, value);
  }

  #assign(name: string, text: string, shape: Shape): string {
    const value = this.#fresh(name);
    this.lines.push(`${value} = ${text}  # [${shape.join(", ")}]`);
    return value;
  }

  #fresh(name: string): string {
    const base = snakeCase(name);
    const count = (this.#counts.get(base) ?? 0) + 1;
    this.#counts.set(base, count);
    return `${base}_${count}`;
  }
}

/** What a whole program consists of besides the body. */
export interface ProgramOptions {
  readonly name: string;
  readonly version: string;
  readonly inputs: readonly string[];
  /** The result as an expression of the outputs' names. */
  readonly result: string;
  /** Whether numbers in double precision are among the values. */
  readonly x64: boolean;
}

/** The program as text. */
export function writeProgram(body: Body, { name, version, inputs, result, x64 }: ProgramOptions): string {
  const parameters = ["state", ...inputs].join(", ");
  const changes = body.state.map(([key, value]) => `        ${JSON.stringify(key)}: ${value},\n`).join("");
  const newState = changes ? `{\n        **state,\n${changes}    }` : "state";
  const usesMath = [...body.helpers].some((helper) => helper.startsWith("random_"));
  const constants = body.constants.size > 0;
  return `"""${plainText(name)}, exported by chainrule ${version} as a JAX program.

    python check.py              repeats the first steps, and compares with what chainrule computed
    python check.py --devices    the same, the batch spread over all devices

\`step(state, ${inputs.join(", ")})\` returns the result and the new state, a dictionary of arrays. To train, call it
batch after batch; \`jax.jit\` is around it already. At the end of this file stands how to spread a batch over devices.
Labels and indices are not checked here, as chainrule checks them.
"""
${usesMath ? "import math\n" : ""}import pathlib

import jax
import jax.numpy as jnp
import numpy as np

${x64 ? 'jax.config.update("jax_enable_x64", True)\n' : ""}# Products in full float32 on accelerators too.
jax.config.update("jax_default_matmul_precision", "highest")

HERE = pathlib.Path(__file__).parent


def load(file):
    """The arrays of an .npz file by name; keys and counters of random numbers as unsigned words."""
    with np.load(HERE / file) as arrays:
        words = (".key", ".counter")
        return {name: jnp.asarray(arrays[name].view(np.uint32) if name.endswith(words) else arrays[name]) for name in arrays.files}

${constants ? '\nCONSTANTS = load("constants.npz")\n' : ""}${helperCode(helpers, body.helpers)}

@jax.jit
def step(${parameters}):
${body.lines.map((line) => `    ${line}\n`).join("")}    return ${result}, ${newState}


# Data parallel training, one program on many devices. The batch is cut along its first axis, the state is the same
# everywhere, and XLA puts the sums over devices where they belong; step stays as it is.
#
#     from jax.sharding import Mesh, NamedSharding, PartitionSpec
#
#     mesh = Mesh(np.array(jax.devices()), ("data",))
#     state = jax.device_put(load("state.npz"), NamedSharding(mesh, PartitionSpec()))
#     for ${inputs.join(", ")} in batches:
#         ${inputs.map((x) => `${x} = jax.device_put(${x}, NamedSharding(mesh, PartitionSpec("data")))`).join("\n#         ")}
#         result, state = step(${parameters})
`;
}

/** The program that checks: the first steps once more, beside what chainrule computed. */
export function writeCheck(inputs: readonly string[], steps: number, hasGradients: boolean): string {
  return `"""Repeats ${steps} steps on the batch of batch.npz, and compares with what chainrule computed (expected.npz)."""
import argparse

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from program import load, step

parser = argparse.ArgumentParser()
parser.add_argument("--devices", action="store_true", help="spread the batch over all devices")
spread = parser.parse_args().devices

state, batch, expected = load("state.npz"), load("batch.npz"), load("expected.npz")
arguments = [batch[name] for name in ${JSON.stringify(inputs)}]
if spread:
    mesh = Mesh(np.array(jax.devices()), ("data",))
    whole, cut = NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec("data"))
    state = jax.device_put(state, whole)
    arguments = [jax.device_put(x, cut if x.ndim > 0 else whole) for x in arguments]
    print(f"{len(jax.devices())} devices")


def named(tree, path):
    """The arrays of a tree, with the way to each."""
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from named(item, f"{path}.{key}")
    elif isinstance(tree, (list, tuple)):
        for key, item in enumerate(tree):
            yield from named(item, f"{path}.{key}")
    elif tree is not None:
        yield path, tree


worst = 0.0
for i in range(${steps}):
    result, state = step(state, *arguments)
    for name, value in named(${hasGradients ? "result" : '{"result": result}'}, i):
        found, wanted = np.asarray(value, np.float64), np.asarray(expected[name], np.float64)
        with np.errstate(invalid="ignore"):
            gap = np.abs(found - wanted) / np.maximum(1, np.abs(wanted))
        same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
        gap = np.where(same, 0, np.where(np.isnan(gap), np.inf, gap))
        worst = max(worst, float(np.max(gap, initial=0)))
        if wanted.ndim == 0:
            print(f"step {i + 1:3}: here {found:.7g}, chainrule {wanted:.7g}")
print(f"largest difference {worst:.2g}, relative where numbers are above 1")
raise SystemExit(0 if worst <= 1e-4 else "these are not the same numbers: more than 1e-4 apart")
`;
}
