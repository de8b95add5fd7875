/**
 * The layer that is called with more than its input: `lstm.call(x, { mask })`, and that answers with more than its
 * output where it is asked to: `lstm.call(x, { returnState: true })`.
 */
import { OptionError, Tensor, type TensorLike } from "@chainrule/core";
import { checkOptions } from "@chainrule/core/internal";
import { type MaskOptions, maskHooks } from "../module/mask-hooks.ts";
import { hasSymbolic, type Symbolic, type SymbolicOptions, type Symbols } from "../module/symbolic.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import type { LayerOptions, OwnOptions } from "./options.ts";

/** What such a layer computes: the output, and what else it can tell. */
interface Result {
  readonly output: Tensor;
}

/** Options that ask for everything; there are none where there is no more than the output. */
type Asking<CallOptions, More extends string> = [More] extends [never]
  ? never
  : CallOptions & Readonly<Record<More, true>>;

/** Options of a call, and whether to tell more than the output. `& {}` would let numbers pass for options. */
type Called<CallOptions, More extends string> = [More] extends [never]
  ? CallOptions
  : CallOptions & { readonly [Name in More]?: boolean };

/**
 * Base class of layers with options in their call. Write `compute` in place of `forward`, and `outputShape` where the output has
 * another shape than the input.
 *
 * `CallOptions` is what may stand after the input, `Full` what comes out when the option named `More` is true; without
 * a `More` only the output ever does.
 *
 * @example
 * class Gate extends LayerWithOptions<{ open?: TensorLike }, { output: Tensor; gate: Tensor }, "returnGate"> {
 *   constructor(options: LayerOptions = {}) {
 *     super(options, [], ["open"], "returnGate");
 *   }
 *   compute(x: Tensor, { open = 0 }: { open?: TensorLike }) {
 *     const gate = sigmoid(open);
 *     return { output: x.mul(gate), gate };
 *   }
 * }
 * const { output, gate } = new Gate().call(randn([2, 3]), { open: 4, returnGate: true });
 */
export abstract class LayerWithOptions<
  CallOptions extends object,
  Full extends Result = Result,
  More extends string = never,
> extends Layer {
  readonly #known: readonly string[];
  readonly #more: More | undefined;
  /** The options of the call that is running, and its result: they pass by `forward`, which has one input. */
  #options: CallOptions | null = null;
  #result: Full | null = null;

  /**
   * @param options those of the layer, as in {@link Layer}.
   * @param own the layer's own options, as in {@link Layer}.
   * @param callOptions the names of the options of a call.
   * @param more the name of the option that asks for everything, if there is one.
   */
  constructor(options: LayerOptions, own: OwnOptions, callOptions: readonly string[], more?: More) {
    super(options, own);
    this.#known = more === undefined ? callOptions : [...callOptions, more];
    this.#more = more;
  }

  /** The formula: the output and what else there is to tell, given the input and the options of the call. */
  abstract compute(x: Tensor, options: CallOptions): Full;

  /** Options of a call that are masks, each with the option whose tensor it is of; "" stands for the input. */
  protected get maskOptions(): MaskOptions {
    return {};
  }

  forward(x: Tensor): Tensor {
    const result = this.compute(x, this.#options ?? ({} as CallOptions));
    this.#result = result;
    return result.output;
  }

  override call(x: TensorLike, options: Asking<CallOptions, More>): Full;
  override call(x: TensorLike, options?: Called<CallOptions, More>): Tensor;
  override call(x: TensorLike | Symbolic, options: Asking<SymbolicOptions<CallOptions>, More>): Symbols<Full>;
  override call(x: TensorLike | Symbolic, options?: Called<SymbolicOptions<CallOptions>, More>): Symbolic;
  override call(...inputs: TensorLike[]): Tensor;
  override call(...inputs: (TensorLike | Symbolic)[]): Symbolic;
  override call(input: TensorLike | Symbolic, given?: unknown): Tensor | Full | Symbolic | Symbols<Full> {
    const outer = this.#options;
    refuseSurplus(`${this.title()}, call`, arguments, 2);
    const options = (given === undefined ? {} : given) as CallOptions & { readonly [Name in More]?: boolean };
    this.#checkCall(options);
    if (hasSymbolic([input, given]))
      return this.symbolicCall(given ? [input, given] : [input]) as Symbolic | Symbols<Full>;
    const x = input as TensorLike;
    this.#options = maskHooks.fill ? maskHooks.fill(this.maskOptions, input, options) : options;
    try {
      const output = super.call(x);
      return this.#more !== undefined && options[this.#more] ? this.#result! : output;
    } finally {
      this.#options = outer;
      this.#result = null;
    }
  }

  /** The options of the call that is running, and its result as soon as it is there: for exporters. @internal */
  get runningCall(): { readonly options: CallOptions | null; readonly result: Full | null } {
    return { options: this.#options, result: this.#result };
  }

  #checkCall(options: object): void {
    const where = `${this.title()}, call`;
    if (options instanceof Tensor)
      throw new OptionError({
        where,
        expected: "one input, and all else as options",
        got: "a second tensor",
        hint: `Write call(x, { ${this.#known[0]}: … }). Known: ${this.#known.join(", ")}.`,
      });
    checkOptions(where, options, this.#known);
  }
}
