/**
 * Shared panels: a matrix that several products read is packed once, in the panels that their inner loop reads. The weights
 * of a recurrence are packed once a training step for all steps forwards, and once for all steps back.
 *
 * Holds to the bit for float32 products of two matrices: each packs the same panels by itself otherwise, and adds in the
 * same order.
 */
import { permuteOp, reshapeOp } from "@chainrule/core/internal";
import type { ProductLowering } from "../codegen/matmul.ts";
import { type AppliedOp, applied, type Graph, type GraphNode } from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";
import { Scan, scanned, scanResultOf } from "../ir/scan.ts";
import { Views } from "../ir/views.ts";
import { floatLanes } from "../wasm/kernels/float-lanes.ts";
import { panelDepth } from "../wasm/kernels/gemm.ts";
import { packsColumns } from "../wasm/kernels/gemm-blocks.ts";
import { fusedProduct } from "./epilogue.ts";

const tileColumns = floatLanes.float32.columns;
/** With fewer products packing by strides, here, is slower than packing in each of them. */
const fewestProducts = 3;

/** The same graph, matrices that several products pack being packed once. */
export function sharePanels(graph: Graph): Graph {
  return shareAmongProducts(graph.nodes.some(scanResultOf) ? shareAmongSteps(graph) : graph);
}

function shareAmongProducts(graph: Graph): Graph {
  const products = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    const key = keyOf(node);
    if (key === null) continue;
    const known = products.get(key) ?? [];
    products.set(key, known);
    known.push(node);
  }
  const shared = new Map<GraphNode, { panels?: GraphNode }>();
  for (const nodes of products.values()) {
    const one = {};
    if (nodes.length >= fewestProducts) for (const node of nodes) shared.set(node, one);
  }
  if (shared.size === 0) return graph;
  const rewriter = new GraphRewriter();
  return rewriter.run(graph, (node, source) => {
    const found = shared.get(node);
    if (!found || node.lowering?.kind !== "matmul") return rewriter.add(source, node);
    const { inputs } = source as AppliedOp;
    found.panels ??= panelsOf(rewriter, inputs[1], node.shape[1], node.lowering.transposed.b);
    return rewriter.add(onPanels(node, inputs, found.panels), node);
  });
}

/** The product of panels. */
function onPanels({ name, lowering }: GraphNode, [a, , ...bias]: readonly GraphNode[], panels: GraphNode): AppliedOp {
  const { transposed, relu = false } = lowering as ProductLowering;
  const attributes = { transposed: { a: transposed.a, b: false }, relu, packed: true };
  return applied(fusedProduct(name), attributes, [a, panels, ...bias]);
}

/** What the steps of scans pack, and is the same at each of them, is packed before. */
function shareAmongSteps(graph: Graph): Graph {
  const rewriter = new GraphRewriter();
  const known = new Map<Scan, readonly [Scan, readonly GraphNode[]]>();
  return rewriter.run(graph, (node, source) => {
    const result = scanResultOf(node);
    if (result === null) return rewriter.add(source, node);
    const { inputs } = source as AppliedOp;
    const [scan, panels] = known.get(result.scan) ?? scanOfPanels(rewriter, result.scan, inputs);
    known.set(result.scan, [scan, panels]);
    return rewriter.add(scanned({ ...result, scan }, [...inputs, ...panels]), node);
  });
}

/** The scan on its operands and on panels of some of them, and these. */
function scanOfPanels(rewriter: GraphRewriter, scan: Scan, operands: readonly GraphNode[]): [Scan, GraphNode[]] {
  const panels: GraphNode[] = [];
  const inputs = [...scan.inputs];
  const found = new Map<string, GraphNode>();
  const body = new GraphRewriter();
  const rewritten = body.run(scan.body, (node, source) => {
    const key = keyOf(node);
    const matrix = key === null ? null : node.inputs[1].source;
    const input = matrix?.kind === "input" ? scan.inputs[matrix.index] : null;
    if (key === null || input?.kind !== "window" || input.stride !== 0 || node.lowering?.kind !== "matmul")
      return body.add(source, node);
    let read = found.get(key);
    if (!read) {
      const packed = panelsOf(rewriter, operands[input.operand], node.shape[1], node.lowering.transposed.b);
      const operand = operands.length + panels.push(packed) - 1;
      read = body.add(
        { kind: "input", index: inputs.push({ kind: "window", operand, stride: 0, start: 0 }) - 1 },
        packed,
      );
      found.set(key, read);
    }
    return body.add(onPanels(node, (source as AppliedOp).inputs, read), node);
  });
  return [panels.length > 0 ? new Scan(scan, rewritten, inputs, scan.carries) : scan, panels];
}

/** What the node packs, and for which product; null where it packs nothing or cannot take panels. */
function keyOf({ lowering, dtype, shape: [m, n, ...others], inputs, name }: GraphNode): string | null {
  if (lowering?.kind !== "matmul" || dtype !== "float32" || others.length > 0) return null;
  const { id, size } = inputs[1];
  const { b } = lowering.transposed;
  // Panels of one row, of eight columns or of one number everywhere would be a view, and no copy.
  if (!(size > n) || n < 2 * tileColumns || !panelDepth(n, size / n) || !packsColumns(m, size, b)) return null;
  return new Views().of(inputs[1]).strides.some((stride) => stride !== 0) ? `${id} ${b} ${name}` : null;
}

/** The second matrix of a product, [k / depth, n / 8, depth, 8], in the shape of the matrix. */
function panelsOf(rewriter: GraphRewriter, matrix: GraphNode, n: number, isByColumns: boolean): GraphNode {
  const k = matrix.size / n;
  const depth = panelDepth(n, k)!;
  const write = (op: typeof reshapeOp, attributes: readonly number[], from: GraphNode, shape = attributes) =>
    rewriter.add(applied(op, attributes, [from]), { shape, dtype: "float32" });
  const rows = [k / depth, depth];
  const columns = [n / tileColumns, tileColumns];
  const order = isByColumns ? [2, 0, 3, 1] : [0, 2, 1, 3];
  const parts = write(reshapeOp, isByColumns ? [...columns, ...rows] : [...rows, ...columns], matrix);
  return write(reshapeOp, [k, n], write(permuteOp, order, parts, [rows[0], columns[0], depth, tileColumns]));
}
