/**
 * L-BFGS: Newton's method with a curvature that is learned from the last steps. For full batches: it compares losses.
 */
import {
  isTracing,
  JitError,
  ModelError,
  OptionError,
  type Parameter,
  Tensor,
  tensor,
  ValueError,
} from "@chainrule/core";
import { atomic, checkOptions, describe, isFunction } from "@chainrule/core/internal";
import { hasConstraint } from "../constrained.ts";
import { aboveZero, atLeastZero, checkCount, checkRange } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";
import { checkParameters, type HasParameters, hasParameters, parametersOf } from "./groups.ts";
import { type CurvatureState, readCurvature, writeCurvature } from "./lbfgs-state.ts";
import { type Point, strongWolfe } from "./line-search.ts";

/** The options of {@link LBFGS}. */
export interface LBFGSOptions {
  /** The first step that is tried, and without a line search the length of all; 1 by default. */
  lr: number;
  /** How many iterations a call of `step` makes at most; 20 by default. */
  maxIter: number;
  /** How often a call of `step` evaluates the closure at most; 5/4 of maxIter by default. */
  maxEval?: number;
  /** A step ends where no element of the gradient is larger; 1e-7 by default. */
  toleranceGrad: number;
  /** A step ends where neither the loss nor a parameter changes by more; 1e-9 by default. */
  toleranceChange: number;
  /** How many of the last iterations tell of the curvature; 100 by default. */
  historySize: number;
  /** How far to go in a direction: "strong_wolfe" searches, the default here; null always goes lr, the default in PyTorch. */
  lineSearchFn: "strong_wolfe" | null;
}

const defaults: LBFGSOptions = {
  lr: 1,
  maxIter: 20,
  toleranceGrad: 1e-7,
  toleranceChange: 1e-9,
  historySize: 100,
  lineSearchFn: "strong_wolfe",
};

/**
 * Changes of the gradient and of the parameters whose cosine is no larger tell nothing of the curvature. PyTorch asks as much of
 * their product, and learns no more close to the minimum.
 */
const leastCosine = 1e-10;
/** By how many units in its last place a loss may be off that is a sum of many numbers. */
const roundings = 32;

/**
 * Limited-memory BFGS (Liu & Nocedal 1989), with a line search by the strong Wolfe conditions. For models of few weights on full batches
 * it gets to the last digit in a few steps.
 *
 * d = -H g, where H is the inverse of the curvature that the last changes s of the parameters and y of the gradient say: from
 * H = (sᵀy / yᵀy) I, for each pair in order H ← (I - ρ s yᵀ) H (I - ρ y sᵀ) + ρ s sᵀ with ρ = 1 / sᵀy. Then w ← w + t d, with t from the
 * search, at first min(1, 1 / |g|₁) lr, later lr.
 *
 * A step evaluates the closure several times, up to `maxIter` iterations; what it returns is the loss before it. The closure
 * may be jitted, the step not, since it goes by numbers. All sums are in float64.
 *
 * Defaults, in PyTorch the same but for the search: lr 1, maxIter 20, maxEval 25, toleranceGrad 1e-7, toleranceChange 1e-9,
 * historySize 100, lineSearchFn "strong_wolfe" (PyTorch: None).
 *
 * @throws OptionError for what is no list of parameters or has groups, and for unknown options; ValueError for numbers out of range.
 *
 * @example
 * const w = parameter(zeros([2]));
 * const optimizer = new LBFGS([w]);
 * const closure = () => {
 *   optimizer.zeroGrad();
 *   const loss = w.sub([3, 4]).square().sum();
 *   loss.backward();
 *   return loss;
 * };
 * optimizer.step(closure).item(); // 25
 * w.toArray(); // [3, 4]
 */
export class LBFGS {
  /** The options, defaults filled in. */
  readonly options: Readonly<Required<LBFGSOptions>>;
  readonly #source: HasParameters | readonly Parameter[];
  #lr: number;
  #state: CurvatureState = { iterations: 0, evaluations: 0, last: null };

  constructor(
    target: HasParameters | Iterable<Parameter>,
    options: Partial<LBFGSOptions> & { learningRate?: number } = {},
  ) {
    refuseSurplus("LBFGS", arguments, 2);
    checkOptions("LBFGS", options, [...Object.keys(defaults), "maxEval", "learningRate"]);
    if (options.lr !== undefined && options.learningRate !== undefined)
      throw new OptionError({ where: "LBFGS", expected: "either lr or learningRate", got: "both" });
    const { learningRate = defaults.lr, ...own } = options;
    const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
    const complete: LBFGSOptions = { ...defaults, lr: learningRate, ...given };
    const { lr, maxIter, maxEval = maxIter, historySize, lineSearchFn } = complete;
    checkRange("LBFGS", "lr", lr, aboveZero);
    for (const [name, count] of Object.entries({ maxIter, maxEval, historySize })) checkCount("LBFGS", name, count, 1);
    for (const name of ["toleranceGrad", "toleranceChange"] as const)
      checkRange("LBFGS", name, complete[name], atLeastZero);
    if (lineSearchFn !== "strong_wolfe" && lineSearchFn !== null)
      throw new OptionError({
        where: "LBFGS, lineSearchFn",
        expected: '"strong_wolfe" or null',
        got: describe(lineSearchFn),
      });
    this.options = { ...complete, maxEval: complete.maxEval ?? Math.floor(maxIter * 1.25) };
    this.#lr = lr;
    this.#source = hasParameters(target) ? target : checkParameters("LBFGS", target);
  }

  /** "LBFGS". */
  get name(): string {
    return "LBFGS";
  }

  /** What compile says of it. @internal */
  get compileHint(): string {
    return "L-BFGS compares losses of full batches, many in one step: write optimizer.step(() => { optimizer.zeroGrad(); const loss = …; loss.backward(); return loss; }).";
  }

  /** The parameters that it updates: all of a module's, as they are now. */
  get parameters(): Parameter[] {
    return [...parametersOf({ source: this.#source })];
  }

  /** How many iterations it has made, in all steps. */
  get iterations(): number {
    return this.#state.iterations;
  }

  /** How often it has evaluated closures. */
  get evaluations(): number {
    return this.#state.evaluations;
  }

  /** The learning rate: the first step that is tried. */
  get lr(): number {
    return this.#lr;
  }

  /** @throws ValueError for a rate that is not above 0. */
  set lr(lr: number) {
    checkRange("LBFGS", "lr", lr, aboveZero);
    this.#lr = lr;
  }

  /** Keras's name for {@link lr}. */
  get learningRate(): number {
    return this.#lr;
  }

  set learningRate(lr: number) {
    this.lr = lr;
  }

  /** Forgets the gradients of all its parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.zeroGrad();
  }

  /**
   * Up to `maxIter` iterations. If it throws, it has changed nothing.
   *
   * @param closure computes the loss anew and leaves its gradients: `zeroGrad()`, the loss, `backward()`; it returns the loss.
   * @returns the loss before the step.
   * @throws OptionError where there is no closure; ModelError where it returns no loss, or leaves no gradients; ValueError for a loss
   *   that is no finite number at the start; JitError within `jit`.
   */
  step(closure: () => Tensor): Tensor {
    if (isTracing())
      throw new JitError({
        where: "LBFGS.step",
        expected: "to be called outside of jit, since it goes by numbers",
        got: "a step that is traced",
        hint: "jit the closure: optimizer.step(jit(closure)).",
      });
    if (!isFunction(closure))
      throw new OptionError({
        where: "LBFGS.step",
        expected: "a function that computes the loss and its gradients",
        got: describe(closure),
        hint: this.compileHint,
      });
    if (hasConstraint(this.parameters))
      throw new OptionError({
        where: "LBFGS.step",
        expected: "weights without a constraint, which its line search would not know of",
        got: "some with one",
      });
    return atomic(() => {
      const run = new Descent(this.parameters, closure, { ...this.options, lr: this.#lr }, this.#state);
      const loss = run.go();
      this.#state = run.state;
      return loss;
    });
  }

  /**
   * Everything that it remembers: "iterations", "evaluations", "lr", and after a step the changes that tell of the curvature.
   *
   * @example
   * const state = new LBFGS([w]).stateDict();
   * new LBFGS([w]).loadStateDict(state);
   */
  stateDict(): Record<string, Tensor> {
    return writeCurvature(this.#state, this.#lr);
  }

  /** Continues from a state that `stateDict` gave. @throws ModelError where it is not that of as many weights. */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    const size = this.parameters.reduce((sum, parameter) => sum + parameter.size, 0);
    const { lr, ...read } = readCurvature(state, size);
    this.lr = lr;
    this.#state = read;
  }
}

/** One call of `step`. */
class Descent {
  readonly #parameters: readonly Parameter[];
  readonly #closure: () => Tensor;
  readonly #options: Required<LBFGSOptions>;
  state: CurvatureState;
  #evaluations = 0;

  constructor(
    parameters: readonly Parameter[],
    closure: () => Tensor,
    options: Required<LBFGSOptions>,
    state: CurvatureState,
  ) {
    this.#parameters = parameters;
    this.#closure = closure;
    this.#options = options;
    this.state = state;
  }

  go(): Tensor {
    const { maxIter, maxEval, toleranceGrad, toleranceChange, lineSearchFn } = this.#options;
    const first = this.#evaluate();
    if (!Number.isFinite(first.value))
      throw new ValueError({ where: "LBFGS.step", expected: "a finite loss", got: describe(first.value) });
    let { value: loss, gradient } = first;
    let { iterations, last } = this.state;
    for (let i = 1; largest(gradient) > toleranceGrad && i <= maxIter; i++) {
      const before = loss;
      iterations++;
      const pairs = last ? this.#remembered(last, gradient) : [];
      const direction = directionOf(gradient, pairs);
      const t = last ? this.#options.lr : Math.min(1, 1 / sumOfSizes(gradient)) * this.#options.lr;
      last = { gradient, direction, t, pairs };
      const slope = dot(gradient, direction);
      if (slope > -toleranceChange) break;
      const from = this.#parameters.map((parameter) => Float64Array.from(parameter.toTypedArray()));
      const at = (length: number): Point => {
        this.#move(from, direction, length);
        const { value, gradient: there } = this.#evaluate();
        // What is no number is no way to go.
        const height = Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
        return { t: length, loss: height, slope: dot(there, direction), gradient: there };
      };
      if (lineSearchFn === null) {
        // In the last iteration nobody asks what came of it.
        if (i === maxIter) this.#move(from, direction, t);
        else ({ loss, gradient } = at(t));
      } else {
        const most = maxEval - this.#evaluations;
        const rounding = roundings * (first.loss.dtype === "float64" ? 2 ** -52 : 2 ** -23) * Math.abs(loss);
        const options = { first: t, largest: largest(direction), tolerance: toleranceChange, most, rounding };
        const found = strongWolfe(at, { t: 0, loss, slope, gradient }, options);
        ({ loss, gradient } = found);
        last = { ...last, t: found.t };
        this.#move(from, direction, found.t);
      }
      if (this.#evaluations >= maxEval || largest(direction) * last.t <= toleranceChange) break;
      if (Math.abs(loss - before) < toleranceChange) break;
    }
    this.state = { iterations, evaluations: this.state.evaluations + this.#evaluations, last };
    return first.loss;
  }

  /** The pairs of changes, with that of the last iteration where it tells of the curvature. */
  #remembered({ gradient, direction, t, pairs }: NonNullable<CurvatureState["last"]>, now: Float64Array) {
    const y = now.map((x, i) => x - gradient[i]);
    const s = direction.map((x) => x * t);
    const isConvex = dot(y, s) > leastCosine * Math.sqrt(dot(y, y) * dot(s, s));
    return isConvex ? [...pairs, { y, s }].slice(-this.#options.historySize) : pairs;
  }

  /** The parameters at so many directions from where they were. */
  #move(from: readonly Float64Array[], direction: Float64Array, t: number): void {
    let offset = 0;
    this.#parameters.forEach((parameter, i) => {
      const start = offset;
      const values = from[i].map((x, j) => x + t * direction[start + j]);
      parameter.assign(tensor(values, { shape: parameter.shape, dtype: parameter.dtype }));
      offset += values.length;
    });
  }

  #evaluate(): { loss: Tensor; value: number; gradient: Float64Array } {
    const loss = this.#closure();
    this.#evaluations++;
    if (!(loss instanceof Tensor) || loss.size !== 1)
      throw new ModelError({ where: "LBFGS.step", expected: "a closure that returns the loss", got: describe(loss) });
    if (this.#parameters.every(({ grad }) => grad === null))
      throw new ModelError({
        where: "LBFGS.step",
        expected: "a closure that leaves gradients on the parameters",
        got: "one that leaves none",
        hint: "It calls loss.backward() before it returns the loss.",
      });
    const gradient = this.#parameters.flatMap(({ grad, size, requiresGrad }) =>
      grad && requiresGrad ? [...grad.toTypedArray()] : new Array<number>(size).fill(0),
    );
    return { loss: loss.detach(), value: loss.item(), gradient: Float64Array.from(gradient) };
  }
}

/** -H g, by the two loops (Nocedal 1980): H is never made. */
function directionOf(gradient: Float64Array, pairs: readonly { y: Float64Array; s: Float64Array }[]): Float64Array {
  const d = gradient.map((x) => -x);
  const inverses = pairs.map(({ y, s }) => 1 / dot(y, s));
  const shares = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    shares[i] = dot(pairs[i].s, d) * inverses[i];
    addTo(d, pairs[i].y, -shares[i]);
  }
  const latest = pairs.at(-1);
  if (latest) {
    const scale = dot(latest.y, latest.s) / dot(latest.y, latest.y);
    for (let i = 0; i < d.length; i++) d[i] *= scale;
  }
  pairs.forEach(({ y, s }, i) => {
    addTo(d, s, shares[i] - dot(y, d) * inverses[i]);
  });
  return d;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addTo(x: Float64Array, other: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i] += factor * other[i];
}

const largest = (x: Float64Array) => x.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
const sumOfSizes = (x: Float64Array) => x.reduce((sum, each) => sum + Math.abs(each), 0);
