/**
 * Where masks that layers attach to tensors are seen to. Nobody does before the first one is attached, so that programs
 * without masks have nothing of it.
 */
import type { Tensor } from "@chainrule/core";

interface MaskHooks {
  /** After a layer's call: what becomes of the masks that came with its inputs. */
  pass: ((layer: object, output: unknown, inputs: readonly Tensor[], title: () => string) => void) | null;
  /** The weights of a batch with those of masked steps at 0. */
  weigh: ((prediction: Tensor, weight: Tensor | undefined) => Tensor | undefined) | null;
  /** A batch for a metric without the masked steps; null where none is left. */
  select: ((batch: Weighted, mask: Tensor) => Weighted | null) | null;
  /** Before the call of a layer that takes masks as options: those that came with its input, where none are given. */
  fill: (<Options extends object>(names: MaskOptions, input: unknown, options: Options) => Options) | null;
}

/** Options that are masks, each with the option whose tensor it is of; "" stands for the input. */
export type MaskOptions = Readonly<Record<string, string>>;

/** What a metric is given. */
type Weighted = readonly [prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined];

export const maskHooks: MaskHooks = { pass: null, fill: null, weigh: null, select: null };
