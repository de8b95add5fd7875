/**
 * Where attention looks, in SVG: a map for each head, with the queries down and the keys across.
 */
import { DataError, OptionError, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { checkDrawingOptions } from "../drawing/options.ts";
import { drawPixels, evenColumns, signed, signStyles } from "../drawing/pixels.ts";
import { element, round, svgDocument, text, textWidth } from "../drawing/svg.ts";
import { formatNumber } from "../drawing/ticks.ts";
import { checkSize, toMatrix } from "./line-data.ts";

/** Options of {@link attentionSvg}. */
export interface AttentionSvgOptions {
  title?: string;
  /** What asks, such as the words of a sentence, from the top down. */
  rowLabels?: readonly (string | number)[];
  /** What is looked at, from the left; by default the same as what asks, where there are as many. */
  columnLabels?: readonly (string | number)[];
  /** The names of the heads; "head 0" and so on by default. */
  names?: readonly string[];
  /** How wide the whole may be, in pixels; 640 by default. */
  width?: number;
}

const most = { heads: 64, tokens: 512 } as const;
const gap = 20;

/**
 * Draws attention weights as SVG: for each head a map, a row for each query, the darker a place the more it looks there.
 * Maps share one scale, from 0 to the greatest weight of all heads.
 *
 * @param weights [heads, queries, keys] or [queries, keys], as `MultiHeadAttention` returns them for one sample.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what are no weights, for names that are not as many as there are rows, columns or heads, and for
 *   more than 64 heads or 512 tokens.
 *
 * @example
 * const words = ["the", "cat", "sat"];
 * const weights = randn([2, 3, 3]).softmax(-1);
 * await writeFile("attention.svg", attentionSvg(weights, { rowLabels: words, title: "Two heads" }));
 */
export function attentionSvg(
  weights: Tensor | readonly (readonly number[])[] | readonly (readonly (readonly number[])[])[],
  options: AttentionSvgOptions = {},
): string {
  const where = "attentionSvg";
  checkDrawingOptions(where, options, ["title", "rowLabels", "columnLabels", "names", "width"]);
  const { title, width = 640 } = options;
  checkSize(where, "width", width, 160);
  const heads = readHeads(where, weights);
  const [rows, columns] = [heads[0].length, heads[0][0].length];
  const { rowLabels, columnLabels = rows === columns ? rowLabels : undefined, names } = options;
  const count = (what: string, list: readonly unknown[] | undefined, wanted: number) => {
    if (list !== undefined && list.length !== wanted)
      throw new DataError({ where, expected: `${what} for ${wanted}`, got: `${list.length}` });
  };
  count("rowLabels", rowLabels, rows);
  count("columnLabels", columnLabels, columns);
  count("names", names, heads.length);
  const room = (labels: readonly (string | number)[] | undefined) =>
    labels ? Math.min(110, Math.max(...labels.map((label) => textWidth(String(label), 11)))) + 6 : 0;
  const [left, top] = [room(rowLabels), room(columnLabels)];
  // As large as there is room for, within reason; labels need about 13 pixels each.
  const least = rowLabels || columnLabels ? 13 : 3;
  const cell = Math.max(least, Math.min(22, Math.floor(Math.min(220, width - 24 - left) / columns)));
  const [stepX, stepY] = [left + cell * columns + gap, top + cell * rows + 34];
  const across = evenColumns(heads.length, Math.floor((width - 24 + gap) / stepX));
  const greatest = Math.max(...heads.flat(2).filter(Number.isFinite), 0) || 1;
  const above = title ? 36 : 10;
  const contents = heads.flatMap((head, h) => {
    const x = 12 + stepX * (h % across) + left;
    const y = above + stepY * Math.floor(h / across) + 20 + top;
    const pixels = {
      width: columns,
      height: rows,
      colorAt: (row: number, column: number) => signed(head[row][column] / greatest),
    };
    const name = names?.[h] ?? (heads.length > 1 ? `head ${h}` : "");
    return [
      ...(name ? [text(x, y - top - 6, name)] : []),
      drawPixels(pixels, x, y, cell * columns),
      element("rect", { class: "axis", fill: "none", x, y, width: cell * columns, height: cell * rows }),
      ...(rowLabels ?? []).map((label, i) =>
        text(x - 5, y + cell * (i + 0.5) + 4, clip(label, left), { "text-anchor": "end", class: "label" }),
      ),
      ...(columnLabels ?? []).map((label, i) => {
        const [px, py] = [x + cell * (i + 0.5) + 4, y - 5];
        return text(px, py, clip(label, top), { class: "label", transform: `rotate(-90 ${round(px)} ${round(py)})` });
      }),
    ];
  });
  const height = above + stepY * Math.ceil(heads.length / across) + 12;
  const whole = Math.max(24 + stepX * across - gap, title ? 24 + textWidth(title, 16) : 0, 100);
  const description = `${heads.length} heads, ${rows} queries by ${columns} keys, weights up to ${formatNumber(greatest, 3)}.`;
  return svgDocument(
    whole,
    height,
    title ?? "Attention",
    [...(title ? [text(12, 24, title, { class: "title" })] : []), ...contents],
    {
      light: `${signStyles.light}.cr text.label{font-size:11px}`,
      dark: signStyles.dark,
      description,
    },
  );
}

function clip(label: string | number, room: number): string {
  const letters = [...String(label)];
  const count = Math.max(2, Math.floor((room - 6) / (11 * 0.56) + 0.5));
  return letters.length <= count ? String(label) : `${letters.slice(0, count - 1).join("")}…`;
}

function readHeads(where: string, weights: unknown): number[][][] {
  const rank = weights instanceof Tensor ? weights.rank : depth(weights);
  const list: unknown = weights instanceof Tensor ? weights.toArray() : weights;
  if (rank !== 2 && rank !== 3)
    throw new DataError({
      where,
      expected: "weights [queries, keys] or [heads, queries, keys]",
      got: weights instanceof Tensor ? `shape [${weights.shape.join(", ")}]` : describe(weights),
      hint: rank === 4 ? "Of a batch draw one sample: weights.slice(0)." : undefined,
    });
  const heads = (rank === 2 ? [list] : (list as unknown[])).map((head) => toMatrix(where, head as number[][]));
  if (heads.length === 0) throw new DataError({ where, expected: "at least one head", got: "none" });
  const [{ length: rows }] = heads;
  const columns = heads[0][0].length;
  if (heads.some((head) => head.length !== rows || head[0].length !== columns))
    throw new DataError({ where, expected: "heads of one shape", got: "several" });
  if (heads.length > most.heads || Math.max(rows, columns) > most.tokens)
    throw new OptionError({
      where,
      expected: `at most ${most.heads} heads and ${most.tokens} tokens`,
      got: `${heads.length} heads, ${rows} x ${columns}`,
    });
  return heads;
}

function depth(list: unknown): number {
  return Array.isArray(list) ? 1 + depth(list[0]) : 0;
}
