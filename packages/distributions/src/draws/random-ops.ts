/**
 * Random numbers whose parameters are tensors: ops that draw, element by element, what the generator draws for numbers.
 */
import {
  defaultGenerator,
  Generator,
  type GradientRule,
  GraphError,
  type KernelOperand,
  type Op,
  OptionError,
  type Shape,
  type Tensor,
} from "@chainrule/core";
import { applyOp, builtin, describe } from "@chainrule/core/internal";
import { digamma } from "@chainrule/functions";
import { gammaMove } from "./gamma-move.ts";

/** One draw, as explanations and exporters name it. */
interface Draw {
  readonly distribution: string;
  /** Those that are plain numbers: none. */
  readonly parameters: readonly number[];
  readonly generator: Generator;
}

/** Fills the output, one draw for each element of the parameter, with what the generator puts into an array of one. */
function drawEach(fill: (generator: Generator, one: Float32Array | Float64Array, parameter: number) => void) {
  return (out: KernelOperand, [parameter]: readonly KernelOperand[], { generator }: Draw): void => {
    const one = out.dtype === "float32" ? new Float32Array(1) : new Float64Array(1);
    for (let i = 0; i < out.storage.length; i++) {
      fill(generator, one, parameter.storage[i]);
      out.storage[i] = one[0];
    }
  };
}

function drawOp(name: string, fill: Parameters<typeof drawEach>[0], gradient?: GradientRule<Draw>): Op<Draw> {
  return builtin({
    name,
    random: true,
    leadingAxes: true,
    inferShape: ([x]) => x,
    kernel: drawEach(fill),
    gradient,
    formula: {
      text: ["drawn at random", gradient ? "as its quantile moves" : null],
      tex: ["\\text{drawn at random}", gradient ? "\\text{as its quantile moves}" : null],
    },
  });
}

/** d log x / da of a gamma draw x = e^b of concentration a, c being ψ(a + 1). It has no derivative of its own. */
const gammaMoveOp: Op<void> = builtin({
  name: "gammaMove",
  leadingAxes: true,
  inferShape: ([a]) => a,
  kernel: (out, [a, logX, psi]) => {
    for (let i = 0; i < out.storage.length; i++)
      out.storage[i] = gammaMove(a.storage[i], logX.storage[i], psi.storage[i]);
  },
  gradient: () => {
    throw new GraphError({
      where: "rsample",
      expected: "first derivatives of draws from gamma, beta and Dirichlet distributions",
      got: "a second one",
      hint: "Draw with sample, and use p.logProb(x), which has derivatives of any order.",
    });
  },
  formula: {
    text: ["∂b/∂a, the quantile of e^b in Gamma(a) held", null, null, null],
    tex: ["\\frac{\\partial b}{\\partial a}", null, null, null],
  },
});

/** d log x / da of draws, in double precision, since small differences are multiplied. */
export function moveOf(concentration: Tensor, logX: Tensor): Tensor {
  const [a, b] = [concentration.cast("float64"), logX.cast("float64")];
  return applyOp(gammaMoveOp, [a, b, digamma(a.add(1))], undefined);
}

/** dx / da = x d log x / da. */
const gammaOp: Op<Draw> = drawOp(
  "drawGamma",
  (generator, one, a) => generator.fillGamma(one, a),
  (g, { inputs: [a], output }) => {
    const x = output.detach().cast("float64");
    return g.mul(moveOf(a, x.log()).mul(x).cast(g.dtype));
  },
);

const exact = new Float64Array(1);

/** The logarithm of a gamma draw, which is finite where the draw itself would be too small for a number. */
const logGammaOp: Op<Draw> = drawOp(
  "drawLogGamma",
  (generator, one, a) => {
    if (a >= 1) one[0] = Math.log(generator.fillGamma(exact, a)[0]);
    // Of a below 1 a draw is one of a + 1 times u^(1/a), and -log u an exponential draw.
    else one[0] = Math.log(generator.fillGamma(exact, a + 1)[0]) - generator.fillExponential(exact)[0] / a;
    // Where not even the logarithm is a number: at least none of two that are equally small becomes NaN.
    const least = one instanceof Float32Array ? -(2 ** 127) : -Number.MAX_VALUE;
    if (one[0] < least) one[0] = least;
  },
  (g, { inputs: [a], output }) => g.mul(moveOf(a, output.detach()).cast(g.dtype)),
);

const poissonOp: Op<Draw> = drawOp("drawPoisson", (generator, one, rate) => generator.fillPoisson(one, rate));

const ops = { gamma: gammaOp, logGamma: logGammaOp, poisson: poissonOp };

/** Draws of positive numbers, or of numbers from 0 to 1, without those that were rounded to an end, where densities may be infinite. */
export function insideOf(draws: Tensor, most?: 1): Tensor {
  const [least, below1] = draws.dtype === "float32" ? [2 ** -126, 1 - 2 ** -24] : [2 ** -1022, 1 - 2 ** -53];
  return draws.clamp(least, most && below1);
}

/** Draws of rate 1, or of the rate, for each element of the parameter broadcast to the shape. */
export function drawEachOf(
  kind: keyof typeof ops,
  parameter: Tensor,
  shape: Shape,
  generator: Generator = defaultGenerator(),
): Tensor {
  if (!(generator instanceof Generator))
    throw new OptionError({ where: "sample", expected: "a Generator as generator", got: describe(generator) });
  return applyOp(ops[kind], [parameter.broadcastTo(shape)], { distribution: kind, parameters: [], generator });
}
