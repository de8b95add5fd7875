/**
 * How functions of one element, or of a pair, become ops: name, function, gradient and formula in one place.
 */
import {
  asTensor,
  broadcastShapes,
  type DType,
  type GradientRule,
  type Op,
  type OpFormula,
  sumTo,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import {
  applyOp,
  builtin,
  floats,
  type Lowering,
  mapKernel,
  type OpFunction,
  pairKernel,
  pairLoop,
  promoteOperands,
  withOp,
} from "@chainrule/core/internal";

interface Definition {
  readonly name: string;
  readonly formula: OpFormula;
}

interface Unary extends Definition {
  readonly f: (x: number) => number;
  /** `g` times the derivative, in tensor operations. */
  readonly gradient: GradientRule<void>;
  /** The same as `f` in tensor operations, in which it is compiled and exported; else `f` is called for each element. */
  readonly compose?: (x: Tensor) => Tensor;
}

/** An op on each element, in floats. */
export function unary({ name, f, gradient, formula, compose }: Unary): OpFunction<(x: TensorLike) => Tensor, void> {
  const op: Op<void> = builtin({
    name,
    inferShape: ([x]) => x,
    kernel: mapKernel(f),
    gradient,
    formula,
    lower: composed(f, compose && (([x]) => compose(x))),
  });
  return withOp(op, (x: TensorLike): Tensor => applyOp(op, [floats(asTensor(x, name))], undefined));
}

interface Binary extends Definition {
  readonly f: (a: number, b: number) => number;
  /** The two rules; their results are summed to the inputs' shapes where those were broadcast. */
  readonly gradient?: readonly [PairRule, PairRule];
  /** Which dtype both are brought to, given the one that they are promoted to. */
  readonly operands: (promoted: DType) => DType;
  readonly compose?: (a: Tensor, b: Tensor) => Tensor;
}

type PairRule = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor | null;

/** An op on pairs of elements, with broadcasting. */
export function binary(definition: Binary): OpFunction<(a: TensorLike, b: TensorLike) => Tensor, void> {
  const { name, f, gradient, formula, operands, compose } = definition;
  const rule =
    (which: 0 | 1): GradientRule<void> =>
    (g, { inputs: [a, b], output }) => {
      const full = gradient![which](g, a, b, output);
      return full && sumTo(full, [a, b][which].shape);
    };
  const op: Op<void> = builtin({
    name,
    inferShape: ([a, b]) => ({ shape: broadcastShapes(name, a.shape, b.shape), dtype: a.dtype }),
    kernel: pairKernel(pairLoop(f)),
    gradient: gradient && [rule(0), rule(1)],
    formula,
    lower: composed(f, compose && (([a, b]) => compose(a, b))),
  });
  return withOp(
    op,
    (a: TensorLike, b: TensorLike): Tensor => applyOp(op, promoteOperands(name, a, b, operands), undefined),
  );
}

function composed(
  scalar: (...elements: number[]) => number,
  compose: ((inputs: readonly Tensor[]) => Tensor) | undefined,
): Lowering {
  return compose ? { kind: "compose", compose } : { kind: "elementwise", scalar };
}
