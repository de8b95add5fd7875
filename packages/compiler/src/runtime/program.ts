/**
 * A compiled graph: WebAssembly functions, kernels that have none, and where everything lies.
 */

import type { KernelOperand, TypedArray } from "@chainrule/core";
import { type Parameter, Tensor } from "@chainrule/core";
import { allocate, resolveIndex } from "@chainrule/core/internal";
import { writeAxisLoop } from "../codegen/axis-loops.ts";
import { writeCopy } from "../codegen/copy.ts";
import { scalarFallbacks } from "../codegen/emitters.ts";
import { badIndex, writeIndexing } from "../codegen/gather-scatter.ts";
import { writeLoop } from "../codegen/loop-nest.ts";
import { scratchOf, writeMatmul } from "../codegen/matmul.ts";
import { partLocal, partParameters, threadLocal, threadParameters, writePhases } from "../codegen/parallel.ts";
import { ScalarImports } from "../codegen/vector-emitter.ts";
import { Geometries, writeWindow } from "../codegen/window.ts";
import type { Share } from "../codegen/work-partition.ts";
import type { FusedGraph, FusionGroup } from "../ir/fused-graph.ts";
import type { Graph, GraphNode, Source } from "../ir/graph.ts";
import type { Layout, Scratch } from "../ir/layout.ts";
import type { Phase } from "../ir/phases.ts";
import { fuse } from "../passes/fusion.ts";
import { assignInPlace, type InPlace } from "../passes/in-place.ts";
import { bytesOf, type MemoryPlan, planMemory } from "../passes/memory-plan.ts";
import { partition } from "../passes/partition.ts";
import { rematerialize } from "../passes/rematerialize.ts";
import { fuseRows } from "../passes/row-fusion.ts";
import { assemble, type FunctionDefinition } from "../wasm/assembler.ts";
import { bytesPer, type Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { kernelsFor } from "./link.ts";
import { type Block, bufferOf, freeWith, type HeapBuffer } from "./parameter-buffer.ts";
import { protocolImports } from "./threads/protocol.ts";
import { type SharedModule, type SharedRun, type ThreadGroup, threadGroupOf } from "./threads/thread-group.ts";
import { bestOf } from "./timing.ts";

/** A parameter that the program reads or changes. */
interface StateSlot {
  readonly parameter: Parameter;
  readonly buffer: HeapBuffer;
  readonly assigned: boolean;
}

/** What is run one after another. */
type Stage = () => void;

/** Computes a group: a part of it, on a thread, where it is shared out. */
type UnitFunction = (part: number, thread: number) => void;
type Compiled = Record<string, UnitFunction | SharedRun | Stage>;

/** Where an output's numbers are found. */
interface Output {
  readonly node: GraphNode;
  read(): TypedArray;
}

export class Program {
  readonly graph: Graph;
  readonly fused: FusedGraph;
  /** What several threads do together; none where there is one. */
  readonly phases: readonly Phase[];
  readonly inPlace: InPlace;
  readonly plan: MemoryPlan;
  readonly heap: Heap;
  /** The bytes of arena, inputs, constants and scratch: everything but the parameters. */
  readonly bytes: number;
  /** How many kernels run in JavaScript. */
  readonly hostGroups: number;
  readonly #deterministic: boolean;
  readonly #addresses = new Map<GraphNode, number>();
  readonly #writtenOut = new Map<GraphNode, number>();
  readonly #blocks: Block[] = [];
  readonly #states: StateSlot[];
  readonly #inputs: { readonly index: number; readonly dtype: GraphNode["dtype"]; readonly address: number }[] = [];
  readonly #stages: Stage[];
  readonly #outputs: Output[];
  readonly #copies: Stage[];
  /** What runs each group by itself. */
  readonly #alone: Stage[] = [];
  /** Whether it has run, so that its memory holds numbers of the user's. */
  #hasRun = false;

  constructor(graph: Graph, heap: Heap, { deterministic }: { deterministic: boolean }) {
    this.graph = graph;
    this.heap = heap;
    this.#deterministic = deterministic;
    this.fused = rematerialize(fuseRows(fuse(graph)));
    this.inPlace = assignInPlace(this.fused);
    const threads = threadGroupOf(heap);
    this.phases = threads ? partition(this.fused, this.inPlace, threads) : [];
    this.plan = planMemory(this.fused, this.inPlace, this.phases);
    this.hostGroups = this.fused.groups.filter(({ kind }) => kind === "host").length;
    this.#states = this.#placeStates();
    this.#placeOthers();
    this.#stages = this.#build();
    this.#outputs = graph.outputs.map((node) => this.#output(node));
    this.#copies = this.#assignments();
    this.bytes = this.#blocks.reduce((total, { bytes }) => total + bytes, 0);
    freeWith(this, heap, this.#blocks);
  }

  /** Runs it with these inputs, and returns the outputs' tensors. */
  run(inputs: readonly Tensor[]): Tensor[] {
    const { heap } = this;
    this.#hasRun = true;
    for (const { parameter, buffer } of this.#states)
      if (buffer.stale || parameter.buffer !== buffer) buffer.upload(parameter);
    for (const { index, dtype, address } of this.#inputs) heap.write(dtype, address, inputs[index].storage);
    try {
      for (const stage of this.#stages) stage();
      const outputs = this.#outputs.map(({ node, read }) => new Tensor(read(), node.shape, node.dtype));
      for (const copy of this.#copies) copy();
      return outputs;
    } finally {
      // What lies in the heap counts from here on, even where a kernel threw halfway.
      for (const { parameter, assigned } of this.#states) if (assigned) parameter.held = null;
    }
  }

  /**
   * Milliseconds that each group takes on the numbers of the last call, best of some; null before the first call. What
   * parameters hold is the same afterwards. FusionGroup that draw random numbers are not run: theirs is NaN.
   */
  times(): number[] | null {
    if (!this.#hasRun) return null;
    const { heap } = this;
    const before = this.#states.map(({ parameter: { dtype, size }, buffer }) => heap.copy(dtype, buffer.address, size));
    try {
      return this.fused.groups.map(({ members }, i) =>
        members.some(({ op }) => op?.random) ? Number.NaN : bestOf(this.#alone[i]),
      );
    } finally {
      this.#states.forEach(({ parameter: { dtype }, buffer }, i) => {
        heap.write(dtype, buffer.address, before[i]);
      });
    }
  }

  #allocate(bytes: number): number {
    const address = this.heap.allocate(bytes);
    this.#blocks.push({ address, bytes });
    return address;
  }

  #placeStates(): StateSlot[] {
    const assigned = new Set(this.graph.assigned.map(([parameter]) => parameter));
    const parameters = new Set(assigned);
    const nodes = this.graph.nodes.filter((node) => node.source.kind === "state");
    for (const { source } of nodes) parameters.add((source as { parameter: Parameter }).parameter);
    const slots = [...parameters].map((parameter) => ({
      parameter,
      buffer: bufferOf(parameter, this.heap),
      assigned: assigned.has(parameter),
    }));
    for (const node of nodes) {
      const { parameter } = node.source as { parameter: Parameter };
      this.#addresses.set(node, bufferOf(parameter, this.heap).address);
    }
    return slots;
  }

  #placeOthers(): void {
    const arena = this.#allocate(this.plan.bytes);
    for (const { node, offset } of this.plan.allocations) this.#addresses.set(node, arena + offset);
    for (const [node, parameter] of this.inPlace.parameters)
      this.#addresses.set(node, bufferOf(parameter, this.heap).address);
    for (const [node, old] of this.inPlace.aliases) this.#addresses.set(node, this.#addresses.get(old)!);
    for (const node of this.graph.nodes) {
      if (node.source.kind === "input") {
        const address = this.#allocate(bytesOf(node));
        this.#addresses.set(node, address);
        this.#inputs.push({ index: node.source.index, dtype: node.dtype, address });
      } else if (node.source.kind === "constant") {
        const { numbers } = node.source;
        const address = this.#allocate(numbers.length * bytesPer(node.dtype));
        this.heap.write(node.dtype, address, numbers);
        this.#addresses.set(node, address);
      }
    }
  }

  /** Neighbouring groups in WebAssembly become one call. */
  #build(): Stage[] {
    const { groups } = this.fused;
    const imports = new ScalarImports();
    const functions: FunctionDefinition[] = [];
    const geometries = new Geometries(groups);
    geometries.place(this.heap, (bytes) => this.#allocate(bytes));
    const scratch = this.#scratch(Math.max(scratchOf(groups), geometries.scratch));
    const parts = partsOf(this.phases);
    const layout: Layout = {
      views: this.fused.views,
      addressOf: (node) => this.#addresses.get(node)!,
      contiguousAddressOf: (node) => this.#contiguousAddress(node),
    };
    groups.forEach((group, i) => {
      if (group.kind === "host") return;
      for (const fallback of group.members.flatMap(scalarFallbacks)) imports.add(fallback);
      const share = shareOf(parts.get(i));
      functions.push({
        name: `group${i}`,
        parameters: share ? partParameters : [],
        body: (code) => {
          if (group.kind === "loop") writeLoop(code, group, { layout, stored: this.fused.stored, imports }, share);
          else if (group.kind === "indexing") writeIndexing(code, group.members[0], layout, i);
          else if (group.kind === "axisLoop") writeAxisLoop(code, group.members[0], layout);
          else if (group.kind === "window") writeWindow(code, group.members[0], { layout, geometries, scratch }, share);
          else if (group.kind === "copy") writeCopy(code, group.members[0], layout);
          else writeMatmul(code, group.members[0], layout, scratch, share);
        },
      });
    });
    const runs = runsOf(groups);
    functions.push(...runs.map((run) => this.#runFunction(run)));
    const compiled = this.#instantiate(functions, imports, runs);
    return groups.flatMap((group, i): Stage[] => {
      this.#alone[i] =
        group.kind === "host" ? this.#kernel(group.members[0]) : alone(compiled[`group${i}`], parts.get(i));
      if (group.kind === "host") return [this.#alone[i]];
      return runs.some(([first]) => first === i) ? [compiled[`run${i}`] as Stage] : [];
    });
  }

  /** Memory for packed operands: for each thread its own. */
  #scratch(bytes: number): Scratch {
    return { bytes, address: bytes > 0 ? this.#allocate(bytes * (threadGroupOf(this.heap)?.size ?? 1)) : 0 };
  }

  /** Calls the groups from the first to the last; where threads share the work, what each of them does of it. */
  #runFunction([first, last]: Run): FunctionDefinition {
    const phases = this.#phasesOf([first, last]);
    const name = `run${first}`;
    const nameOf = (group: number) => `group${group}`;
    if (phases.length > 0)
      return { name, parameters: threadParameters, result: "i32", body: (code) => writePhases(code, phases, nameOf) };
    return {
      name,
      parameters: [],
      body: (code) => {
        for (let i = first; i <= last; i++) code.call(nameOf(i));
      },
    };
  }

  /** The phases of a run in which there is something to share out; none where there is not. */
  #phasesOf([from, to]: Run): readonly Phase[] {
    const inside = this.phases.filter(({ first, last }) => first >= from && last <= to);
    return inside.some(({ kind }) => kind === "split") ? inside : [];
  }

  #instantiate(functions: readonly FunctionDefinition[], imports: ScalarImports, runs: readonly Run[]): Compiled {
    if (functions.length === 0) return {};
    const threads = threadGroupOf(this.heap);
    const kernels = kernelsFor(this.heap, this.fused.groups, this.#deterministic);
    const types = [
      ...kernels.flatMap((each) => each.types),
      badIndex,
      ...imports.types,
      ...(threads ? protocolImports : []),
    ];
    const refuse = (index: number, length: number, group: number) =>
      resolveIndex(this.fused.groups[group].members[0].name, index, length);
    const calls = kernels.map((each) => each.kernels.functions);
    const given = Object.assign({ ...imports.functions, badIndex: refuse }, ...calls, threads?.protocol);
    const bytes = assemble(functions, types, { shared: threads !== null });
    const compiled = instantiate<Compiled>(bytes, this.heap.memory, given);
    if (!threads) return compiled;
    const modules = kernels.map((each) => each.kernels.module!);
    return this.#dispatched(threads, bytes, modules, runs, compiled);
  }

  /** The runs of which work is partitioned are dispatched in parallel. */
  #dispatched(
    threads: ThreadGroup,
    bytes: Uint8Array,
    kernels: readonly SharedModule[],
    runs: readonly Run[],
    compiled: Compiled,
  ): Compiled {
    const shared = runs.filter((run) => this.#phasesOf(run).length > 0);
    if (shared.length === 0) return compiled;
    const module = threads.publishModule(bytes, this.#allocate(bytes.length));
    const program = threads.publishProgram([...kernels, module], (size) => this.#allocate(size));
    const parallel = shared.map(([first]): [string, Stage] => {
      const run = compiled[`run${first}`] as SharedRun;
      return [`run${first}`, () => threads.dispatch(program, first, run)];
    });
    return { ...compiled, ...Object.fromEntries(parallel) };
  }

  /** An op without a form of its own: its kernel, on views of the heap. */
  #kernel(node: GraphNode): Stage {
    const { op, attributes, inputs } = node.source as Source & { kind: "op" };
    const { kernel } = op;
    // A view that is no loop has no elements.
    if (kernel === "view") return () => {};
    const { heap } = this;
    let generation = -1;
    let out: KernelOperand;
    let blocks: KernelOperand[];
    return () => {
      if (generation !== heap.generation) {
        out = this.#blockOf(node);
        blocks = inputs.map((input) => this.#blockOf(input));
        generation = heap.generation;
      }
      out.storage.fill(0);
      kernel(out, blocks, attributes);
    };
  }

  /** Where a value lies in one piece; constants of one number are written out for it. */
  #contiguousAddress(node: GraphNode): number {
    if (node.uniform === null) {
      const { base, offset } = this.fused.views.of(node);
      return this.#addresses.get(base)! + offset * bytesPer(node.dtype);
    }
    let address = this.#writtenOut.get(node);
    if (address === undefined) {
      address = this.#allocate(bytesOf(node));
      this.heap.view(node.dtype, address, node.size).fill(node.uniform);
      this.#writtenOut.set(node, address);
    }
    return address;
  }

  /** The numbers of a contiguous value. */
  #blockOf(node: GraphNode): KernelOperand {
    const { shape, dtype } = node;
    if (node.uniform !== null) return { shape, dtype, storage: allocate(dtype, node.size).fill(node.uniform) };
    const { base, offset } = this.fused.views.of(node);
    const address = this.#addresses.get(base)! + offset * bytesPer(dtype);
    return { shape, dtype, storage: this.heap.view(dtype, address, node.size) };
  }

  #output(node: GraphNode): Output {
    if (node.uniform !== null) return { node, read: () => allocate(node.dtype, node.size).fill(node.uniform!) };
    const { base, offset } = this.fused.views.of(node);
    const address = this.#addresses.get(base)! + offset * bytesPer(node.dtype);
    return { node, read: () => this.heap.copy(node.dtype, address, node.size) };
  }

  /** Brings assigned values home that were not computed there. Old values that move on are read before any is overwritten. */
  #assignments(): Stage[] {
    const { heap } = this;
    const early: Stage[] = [];
    const late: Stage[] = [];
    for (const [parameter, value] of this.graph.assigned) {
      const home = (parameter.buffer as HeapBuffer).address;
      const { base, offset } = this.fused.views.of(value);
      const address = this.#addresses.get(base)! + offset * bytesPer(value.dtype);
      if (address === home && base.op !== null) continue;
      if (base.op !== null && value.uniform === null) {
        late.push(() => heap.move(address, home, value.size * bytesPer(value.dtype)));
        continue;
      }
      const output = this.#output(value);
      let numbers: TypedArray;
      early.push(() => {
        numbers = output.read();
      });
      late.push(() => heap.write(parameter.dtype, home, numbers));
    }
    return [...early, ...late];
  }
}

/** First and last of neighbouring groups that are not the host's. */
type Run = [first: number, last: number];

/** Into how many parts groups are cut, by their number: those that any thread can do. */
function partsOf(phases: readonly Phase[]): Map<number, number> {
  const tasks = phases.flatMap((phase) => (phase.kind === "split" ? phase.tasks : []));
  return new Map(tasks.map(({ group, parts }) => [group, parts]));
}

function shareOf(parts: number | undefined): Share | null {
  return parts === undefined ? null : { parts, part: partLocal, thread: threadLocal };
}

/** A group by itself, on this thread: all its parts. */
function alone(group: UnitFunction, parts: number | undefined): Stage {
  if (parts === undefined) return () => group(0, 0);
  return () => {
    for (let part = 0; part < parts; part++) group(part, 0);
  };
}

function runsOf(groups: readonly FusionGroup[]): Run[] {
  const runs: Run[] = [];
  groups.forEach(({ kind }, i) => {
    if (kind === "host") return;
    const last = runs.at(-1);
    if (last && last[1] === i - 1) last[1] = i;
    else runs.push([i, i]);
  });
  return runs;
}
