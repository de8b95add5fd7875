/**
 * Einstein's notation for sums of products: every axis has a letter, and letters that the result lacks are summed over.
 */
import { describe, OptionError, ShapeError } from "../errors.ts";
import { asTensors, type TensorLike } from "../tensor/convert.ts";
import { formatShape, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { matmul } from "./matmul.ts";
import { permute } from "./movement.ts";
import { slice } from "./slice.ts";
import { reshape, sum } from "./sum.ts";

/**
 * One label for each axis: a letter, or `...0`, `...1`, … for the axes that an ellipsis stands for, counted from the
 * last, so that the same number means the same axis in tensors of different rank.
 */
type Labels = readonly string[];

/** A tensor on the way to the result, its axes named. */
interface Operand {
  readonly tensor: Tensor;
  readonly labels: Labels;
}

/**
 * The sum of products that an equation in Einstein's notation describes, as NumPy's and PyTorch's `einsum`.
 *
 * Result[output letters] = Σ over all other letters of the product of the tensors. A letter twice in one term takes
 * the diagonal; `...` stands for any number of axes, which broadcast. Without `->`, the result has the letters that
 * occur once, in alphabetical order, after the ellipsis. Tensors are combined two at a time from the left, by `matmul`
 * where there is something to sum over, so put first what makes small results.
 *
 * @param equation one term of letters for each tensor, separated by commas, then `->` and the result's letters.
 * @throws OptionError for an equation that cannot be read.
 * @throws ShapeError for tensors that do not fit their terms, or a letter that stands for two lengths.
 *
 * @example
 * const [a, b] = [[[1, 2], [3, 4]], [[5], [6]]];
 * einsum("ij,jk->ik", a, b); // [[17], [39]]: the matrix product
 * einsum("bi,ij,bj->b", a, a, a); // [27, 133]: a bilinear form for each row
 * einsum("ii", a); // 5: the trace
 * einsum("...ij->...ji", a); // [[1, 3], [2, 4]]: the transpose of each matrix in a batch
 */
export function einsum(equation: string, ...tensors: TensorLike[]): Tensor {
  const where = `einsum(${describe(equation)})`;
  const { terms, output } = parse(where, equation);
  if (Array.isArray(tensors[0]) && tensors[0].some((x) => (x as unknown) instanceof Tensor))
    throw new OptionError({
      where,
      expected: "tensors one by one",
      got: "a list of them",
      hint: 'Write einsum("ij,jk->ik", a, b).',
    });
  const operands = asTensors(tensors, where);
  if (operands.length !== terms.length)
    throw new OptionError({ where, expected: `${terms.length} tensors, one for each term`, got: `${operands.length}` });
  const named = operands.map((x, i) => ({ tensor: x, labels: nameAxes(where, terms[i], x, i) }));
  checkLengths(where, named);
  const wanted = output === null ? implicitOutput(named) : namedOutput(where, output, named);

  const singles = named.map(takeDiagonals);
  let result = singles[0];
  for (let i = 1; i < singles.length; i++) {
    const neededLater = new Set([...wanted, ...singles.slice(i + 1).flatMap(({ labels }) => labels)]);
    result = combine(result, singles[i], neededLater);
  }
  return arrange(sumAway(result, new Set(wanted)), wanted);
}

/** The letters of each term and of the result (null where the equation does not say), `...` as one entry. */
function parse(where: string, equation: string): { terms: Labels[]; output: Labels | null } {
  if (typeof equation !== "string")
    throw new OptionError({ where: "einsum", expected: 'an equation such as "ij,jk->ik"', got: describe(equation) });
  const [inputs, output, ...more] = equation.replace(/\s+/g, "").split("->");
  if (more.length > 0) throw new OptionError({ where, expected: "one arrow at most", got: `${more.length + 1}` });
  return {
    terms: inputs.split(",").map((term) => letters(where, term)),
    output: output === undefined ? null : letters(where, output),
  };
}

function letters(where: string, term: string): Labels {
  const labels = term.match(/\.\.\.|./g) ?? [];
  for (const label of labels)
    if (!/^([a-zA-Z]|\.\.\.)$/.test(label))
      throw new OptionError({
        where,
        expected: "letters for axes, commas between terms, one ->, and ... for axes without a letter",
        got: describe(label),
      });
  if (labels.filter((label) => label === "...").length > 1)
    throw new OptionError({ where, expected: "one ... at most in each term", got: describe(term) });
  return labels;
}

/** A label for each axis of `x`, the ellipsis spelled out. */
function nameAxes(where: string, term: Labels, x: Tensor, which: number): Labels {
  const dots = term.indexOf("...");
  const lettered = term.length - (dots >= 0 ? 1 : 0);
  if (dots >= 0 ? x.rank < lettered : x.rank !== lettered)
    throw new ShapeError({
      where,
      expected: `${dots >= 0 ? "at least " : ""}${lettered} axes for the term "${term.join("")}"`,
      got: `tensor ${which} of shape ${formatShape(x.shape)}`,
    });
  return dots >= 0 ? term.toSpliced(dots, 1, ...ellipsis(x.rank - lettered)) : term;
}

/** The labels of `count` axes under an ellipsis. */
function ellipsis(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `...${count - 1 - i}`);
}

/** Throws where a label stands for two lengths; axes under an ellipsis may also have length 1. */
function checkLengths(where: string, operands: readonly Operand[]): void {
  const known = new Map<string, number>();
  for (const { tensor, labels } of operands)
    labels.forEach((label, axis) => {
      const length = tensor.shape[axis];
      const before = known.get(label);
      const dotted = label.startsWith("...");
      if (before !== undefined && before !== length && !(dotted && (before === 1 || length === 1)))
        throw new ShapeError({
          where,
          expected: dotted ? "axes under ... that broadcast" : `one length for "${label}"`,
          got: `${before} and ${length}, in tensors of shapes ${operands.map((x) => formatShape(x.tensor.shape)).join(", ")}`,
          hint: dotted
            ? undefined
            : "Letters do not broadcast: to repeat an axis of length 1, leave its letter out of the term.",
        });
      if (before === undefined || before === 1) known.set(label, length);
    });
}

/** All axes under ellipses, then the letters that occur once, in alphabetical order. */
function implicitOutput(operands: readonly Operand[]): Labels {
  const all = operands.flatMap(({ labels }) => labels).filter((label) => !label.startsWith("..."));
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  return [...ellipsis(longestEllipsis(operands)), ...once.sort()];
}

function longestEllipsis(operands: readonly Operand[]): number {
  return Math.max(...operands.map(({ labels }) => labels.filter((label) => label.startsWith("...")).length));
}

function namedOutput(where: string, output: Labels, operands: readonly Operand[]): Labels {
  const dotted = longestEllipsis(operands);
  if (dotted > 0 && !output.includes("..."))
    throw new OptionError({
      where,
      expected: "... in the result, as the terms have it",
      got: describe(output.join("")),
      hint: "To sum over those axes, give them letters, or use sum() on the result.",
    });
  for (const label of output) {
    if (output.indexOf(label) !== output.lastIndexOf(label))
      throw new OptionError({ where, expected: "each letter once in the result", got: `"${label}" twice` });
    if (label !== "..." && !operands.some(({ labels }) => labels.includes(label)))
      throw new OptionError({
        where,
        expected: "letters of the terms in the result",
        got: `"${label}", which no term has`,
      });
  }
  const dots = output.indexOf("...");
  return dots >= 0 ? output.toSpliced(dots, 1, ...ellipsis(dotted)) : output;
}

/** Every label once: of axes with the same letter only the diagonal stays. */
function takeDiagonals(operand: Operand): Operand {
  const { tensor, labels } = operand;
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return operand;
  const first = labels.indexOf(labels[second]);
  const n = tensor.shape[first];
  const rest = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const lines = reshape(permute(tensor, [...rest, first, second]), [...rest.map((axis) => tensor.shape[axis]), n * n]);
  return takeDiagonals({
    tensor: slice(lines, "...", [null, null, n + 1]),
    labels: [...rest.map((axis) => labels[axis]), labels[first]],
  });
}

/** Sums over every axis whose label is not in `kept`. */
function sumAway({ tensor, labels }: Operand, kept: ReadonlySet<string>): Operand {
  const axes = labels.flatMap((label, axis) => (kept.has(label) ? [] : [axis]));
  if (axes.length === 0) return { tensor, labels };
  return { tensor: sum(tensor, axes), labels: labels.filter((label) => kept.has(label)) };
}

/** The axes in the order of `labels`. */
function arrange(operand: Operand, labels: Labels): Tensor {
  return permute(
    operand.tensor,
    labels.map((label) => operand.labels.indexOf(label)),
  );
}

/**
 * The product of two operands, summed over the labels that are not needed later.
 *
 * Labels of both that stay are the batch, labels of both that go are the matrix product's inner axis, and the others
 * are rows on the left and columns on the right.
 */
function combine(left: Operand, right: Operand, neededLater: ReadonlySet<string>): Operand {
  const a = sumAway(left, new Set([...neededLater, ...right.labels]));
  const b = sumAway(right, new Set([...neededLater, ...left.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => neededLater.has(label));
  const inner = shared.filter((label) => !neededLater.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const x = arrange(a, [...batch, ...rows, ...inner]);
  const y = arrange(b, [...batch, ...inner, ...columns]);
  const rowLengths = x.shape.slice(batch.length, batch.length + rows.length);
  const columnLengths = y.shape.slice(batch.length + inner.length);
  // Without an inner axis it is a product of all pairs, which needs no sums.
  const multiply = inner.length === 0 ? mul : matmul;
  const product = multiply(
    reshape(x, [
      ...x.shape.slice(0, batch.length),
      sizeOf(rowLengths),
      sizeOf(x.shape.slice(batch.length + rows.length)),
    ]),
    reshape(y, [
      ...y.shape.slice(0, batch.length),
      sizeOf(y.shape.slice(batch.length, batch.length + inner.length)),
      sizeOf(columnLengths),
    ]),
  );
  return {
    tensor: reshape(product, [...product.shape.slice(0, batch.length), ...rowLengths, ...columnLengths]),
    labels: [...batch, ...rows, ...columns],
  };
}
