/**
 * The compiler from end to end: what each pass gets, and what it hands on.
 */

import { generateModule } from "./codegen/module.ts";
import type { Graph } from "./ir/graph.ts";
import { GraphRewriter } from "./ir/graph-rewriter.ts";
import { fuseColumns } from "./passes/column-fusion.ts";
import { fusedProduct, fuseEpilogues } from "./passes/epilogue.ts";
import { putFailuresFirst } from "./passes/failures-first.ts";
import { fuse } from "./passes/fusion.ts";
import { assignInPlace } from "./passes/in-place.ts";
import { joinScatters } from "./passes/join-scatters.ts";
import { planMemory } from "./passes/memory-plan.ts";
import { rarerPasses } from "./passes/rarer.ts";
import { Regions } from "./passes/regions.ts";
import { rematerialize } from "./passes/rematerialize.ts";
import { reroll } from "./passes/reroll.ts";
import { fuseRows } from "./passes/row-fusion.ts";
import { compileBodies } from "./passes/scan-bodies.ts";
import { sharePanels } from "./passes/share-panels.ts";
import { simplify } from "./passes/simplify.ts";
import { stackProducts } from "./passes/stack-products.ts";
import { cutInStages, halveSigmoids } from "./passes/stages.ts";
import { suspectGarbage } from "./runtime/garbage.ts";
import { commandsOf, link } from "./runtime/link.ts";
import { MemoryLayout } from "./runtime/memory-layout.ts";
import { Program } from "./runtime/program.ts";
import { threadGroupOf } from "./runtime/threads/groups.ts";
import { type Template, templatesOf } from "./templates.ts";
import { type StructureOfGraph, standInFor, structureOf } from "./trace/structure.ts";
import type { TracedFunction } from "./trace/trace-function.ts";
import type { Heap } from "./wasm/heap.ts";

/** A compiled function, with what the passes made on the way: `explain` tells of it. */
export interface Compilation extends Template {
  readonly traced: TracedFunction;
  readonly program: Program;
}

/** What a program holds in JavaScript, for each operation that was traced: about. */
const bytesPerOperation = 2048;

interface CompileOptions {
  readonly deterministic: boolean;
}

/**
 * Compiles what was traced of a function (`traceFunction`: every op applied, those of backward and optimizer included), to
 * run on the heap's memory and its threads.
 */
export function compile(traced: TracedFunction, heap: Heap, options: CompileOptions): Compilation {
  // Structure: graph → what compiling goes by. What was compiled before of an equal one serves this one too.
  const structure = structureOf(traced.graph);
  const make = () => templateFor(traced.graph, structure, heap, options);
  const template = templatesOf(heap).find(structure, options.deterministic, make);
  const { standIns, draws, regions, linked, fused, graph } = template;
  const bindings = {
    parameters: new Map(standIns.map((standIn, i) => [standIn, structure.parameters[i]])),
    draws: new Map(draws.map((draw, i) => [draw, structure.draws[i]])),
  };
  // What the program needs gets its place in the heap; and another, later, where it had to give way to other programs.
  const place = () => {
    // Layout: regions → their addresses in the heap.
    const layout = new MemoryLayout(regions, bindings, heap);
    // Commands: functions → what is run at that place, kernels in JavaScript among them.
    return { layout, commands: commandsOf(linked, fused.groups, layout) };
  };
  // What is called at every step: copies inputs in, runs the commands, copies outputs out.
  const program = new Program(graph, heap, place);
  suspectGarbage(traced.graph.nodes.length * bytesPerOperation);
  return { ...template, traced, program };
}

/** From a graph to its code, which is the same for all parameters of such shapes and wherever they lie. */
function templateFor(
  traced: Graph,
  { parameters, draws }: StructureOfGraph,
  heap: Heap,
  { deterministic }: CompileOptions,
): Template {
  const threads = threadGroupOf(heap);
  const standIns = parameters.map(standInFor);
  const found = new Map(parameters.map((parameter, i) => [parameter, standIns[i]]));
  // Rerolling: graph → a graph in which equal steps one after another are scans.
  const rerolled = reroll(traced);
  // Simplify and rewrite: graph → a graph of fewer and cheaper nodes, with the same outputs, and of stand-ins for its parameters.
  const simplified = simplify(rerolled, undefined, null, (parameter) => found.get(parameter)!);
  // Joined scatters: graph → a graph in which slices' gradients that are added up are put one after another.
  const scatters = joinScatters(simplified);
  // What lies one after another in what scans keep is found to do so.
  const joined = rerolled === traced || scatters === simplified ? scatters : simplify(scatters);
  // Stacked products: graph → a graph in which products that are added up are one product.
  const stacked = stackProducts(joined);
  // Epilogues: graph → a graph whose matrix products add their bias and apply relu themselves.
  const products = fuseEpilogues(stacked === simplified ? simplified : simplify(stacked));
  // Shared panels: graph → a graph in which a matrix that several products pack is packed once.
  const panels = sharePanels(products);
  // Permuted products: graph → a graph in which products are stored in the order in which they are wanted.
  const permuted = rarerPasses.permuteProducts?.(panels, new GraphRewriter(), fusedProduct) ?? panels;
  // Halves: graph → a graph in which sigmoid is two ops, of which loops compute one after the other.
  const graph = halveSigmoids(permuted);
  // Fusion: graph → groups of nodes in running order, elementwise neighbours and the reductions that end them in one loop.
  const loops = fuse(graph);
  // Row fusion: groups → groups, loops over the same rows joined into one that takes row after row.
  const rows = fuseRows(loops);
  // Rematerialization: groups → groups that compute again what is cheaper to compute than to keep.
  const rematerialized = rematerialize(rows);
  // Column fusion: groups → groups, sums down columns computed with the rows that they add up; by one thread alone.
  const columns = threads ? rematerialized : fuseColumns(rematerialized);
  // Bodies of scans: groups → groups, scans with the groups that a step of theirs consists of.
  const withBodies = compileBodies(columns, threads?.rowsOfScan);
  // Failures first: groups → groups in an order in which what may throw comes before the first update.
  const ordered = putFailuresFirst(withBodies);
  // In-place assignment: groups → the values that are computed where a parameter's old value lies, or in another's memory.
  const inPlace = assignInPlace(ordered);
  // Stages: groups → groups, long loops in several passes over a few rows.
  const fused = cutInStages(ordered, inPlace);
  // Partition among threads: groups → phases, in which threads share the parts of large groups; none with one thread.
  const phases = threads?.partition(fused, inPlace) ?? [];
  // Memory plan: groups and phases → an offset in one arena for each other value that is kept, by when it is needed.
  const plan = planMemory(fused, inPlace, phases);
  // Regions: memory plan → where everything lies, parameters, inputs, constants and scratch memory too, but for the addresses.
  const regions = new Regions(graph, fused, inPlace, plan, threads?.size ?? 1);
  // Code: groups, phases and regions → a function in WebAssembly for each group, and one for each run of groups.
  const module = generateModule(fused, phases, regions, threads?.code);
  // Link: functions → those that can be called, with the kernels that programs share.
  const linked = link(module, fused.groups, heap, deterministic);
  return { graph, fused, inPlace, phases, plan, regions, linked, standIns, draws };
}
