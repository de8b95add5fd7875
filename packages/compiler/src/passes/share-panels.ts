/**
 * Shared panels: a matrix that several products read is packed once, in the panels that their inner loop reads. The weights
 * of a recurrence are packed once a training step for all steps forwards, and once for all steps back.
 *
 * Holds to the bit for float32 products of two matrices: each packs the same panels by itself otherwise, and adds in the
 * same order.
 */
import { JitError, type Op } from "@chainrule/core";
import { matmulOp, permuteOp, reshapeOp, type Transposed } from "@chainrule/core/internal";
import { applied, type Graph, type GraphNode, type Source } from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";
import { Views } from "../ir/views.ts";
import { packsColumns, panelDepth } from "../wasm/kernels/gemm.ts";
import { tileColumns } from "../wasm/kernels/gemm-tile.ts";

/** With fewer products packing by strides, here, is slower than packing in each of them. */
const fewestProducts = 3;

interface Packed {
  readonly transposed: Transposed;
  readonly relu: boolean;
}

/** One object for equal attributes, by which equal groups are known. */
const allAttributes: readonly Packed[] = [false, true].flatMap((a) =>
  [false, true].map((relu) => ({ transposed: { a, b: false }, relu })),
);

const packedOps = new Map<string, Op<Packed>>();

/** A product of that name whose second matrix lies in panels. */
function packedOp(name: string): Op<Packed> {
  let op = packedOps.get(name);
  if (!op) {
    op = {
      name,
      inferShape: (inputs, { transposed }) => matmulOp.inferShape(inputs, transposed),
      kernel: () => {
        throw new JitError({ where: name, expected: "a product that is compiled", got: "one that is run" });
      },
      lower: ({ transposed, relu }) => ({ kind: "matmul", transposed, relu, packed: true }),
    };
    packedOps.set(name, op);
  }
  return op;
}

/** The same graph, matrices that several products pack being packed once. */
export function sharePanels(graph: Graph): Graph {
  const products = new Map<string, GraphNode[]>();
  const keys = new Map<GraphNode, string>();
  for (const node of graph.nodes) {
    const key = keyOf(node);
    if (key === null) continue;
    const others = products.get(key);
    if (others) others.push(node);
    else products.set(key, [node]);
    keys.set(node, key);
  }
  const isShared = (key: string) => products.get(key)!.length >= fewestProducts;
  if (![...products.keys()].some(isShared)) return graph;
  const rewriter = new GraphRewriter();
  const packed = new Map<string, GraphNode>();
  return rewriter.run(graph, (node, source) => {
    const key = keys.get(node);
    if (key === undefined || !isShared(key)) return rewriter.add(source, node);
    const panels = packed.get(key) ?? panelsOf(rewriter, node);
    packed.set(key, panels);
    return rewriter.add(byPanels(node, source, panels), node);
  });
}

/** What the node packs, and how; null where it packs nothing or cannot take panels. */
function keyOf(node: GraphNode): string | null {
  const { lowering, dtype, shape, inputs } = node;
  if (lowering?.kind !== "matmul" || dtype !== "float32" || shape.length !== 2 || inputs[1].shape.length !== 2)
    return null;
  const [m, n] = shape;
  const { transposed } = lowering;
  const k = inputs[1].shape[transposed.b ? 1 : 0];
  // Panels of one row, of eight columns or of one number everywhere would be a view, and no copy.
  if (k < 2 || n < 2 * tileColumns || panelDepth(n, k) === null || isUniform(inputs[1])) return null;
  return packsColumns(m, n, k, transposed.b) ? `${inputs[1].id} ${transposed.b}` : null;
}

function isUniform(node: GraphNode): boolean {
  return node.uniform !== null || new Views().of(node).strides.every((stride) => stride === 0);
}

/** The second matrix of a product, [k / depth, n / 8, depth, 8], in the shape of the matrix. */
function panelsOf(rewriter: GraphRewriter, { inputs, shape, lowering }: GraphNode): GraphNode {
  const matrix = rewriter.of(inputs[1]);
  const isByColumns = lowering?.kind === "matmul" && lowering.transposed.b;
  const { dtype } = matrix;
  const n = shape[1];
  const k = matrix.size / n;
  const depth = panelDepth(n, k)!;
  const [columns, rows] = [
    [n / tileColumns, tileColumns],
    [k / depth, depth],
  ];
  const split = isByColumns ? [...columns, ...rows] : [...rows, ...columns];
  const order = isByColumns ? [2, 0, 3, 1] : [0, 2, 1, 3];
  const parts = rewriter.add(applied(reshapeOp, split, [matrix]), { shape: split, dtype });
  const panels = [k / depth, n / tileColumns, depth, tileColumns];
  const inOrder = rewriter.add(applied(permuteOp, order, [parts]), { shape: panels, dtype });
  return rewriter.add(applied(reshapeOp, [k, n], [inOrder]), { shape: [k, n], dtype });
}

function byPanels({ lowering, name }: GraphNode, source: Source, panels: GraphNode): Source {
  if (lowering?.kind !== "matmul" || source.kind !== "op") return source;
  const { transposed, relu = false } = lowering;
  const [a, , ...bias] = source.inputs;
  const attributes = allAttributes.find((each) => each.transposed.a === transposed.a && each.relu === relu)!;
  return applied(packedOp(name), attributes, [a, panels, ...bias]);
}
