/**
 * What a layer in PyTorch is, and what those of all kinds are made with.
 */
import type { GraphNode } from "@chainrule/compiler/internal";
import * as nn from "@chainrule/nn";
import { torchRulesOf } from "../../../foreign/torch-layers.ts";
import { type Layout, same, transposed } from "../layout.ts";

/** One of PyTorch's weights or buffers: made of ours, by its name within the layer. */
export interface Weight {
  readonly from: string;
  readonly layout: Layout;
}

/** A call of a layer, as its counterpart sees it. */
export interface CallSite {
  /** What the module is called there: `self.dense`. */
  readonly module: string;
  readonly inputs: readonly string[];
  /** The options of the call that are tensors or lists of them, by name. */
  readonly options: Readonly<Record<string, string>>;
  /** Its other options. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What was computed in the call. */
  readonly nodes: readonly GraphNode[];
}

/** A layer in PyTorch. */
export interface Counterpart {
  /** What makes it. */
  readonly make: string;
  /** By PyTorch's names within it. */
  readonly weights: Readonly<Record<string, Weight>>;
  /** Helpers of the prelude that it needs. */
  readonly helpers?: readonly string[];
  /** What is written for a call; by default with the inputs alone. */
  readonly call?: (site: CallSite) => string;
  /**
   * What the call returns: the output, that and what else there is to tell, or the states, the first of which is the
   * output.
   */
  readonly returns?: "output" | "output and more" | "states";
}

/** The options that a layer was made with. */
export function optionsOf(layer: nn.Module<unknown>): Readonly<Record<string, never>> {
  const args = nn.constructorArgumentsOf(layer, () => true) ?? [];
  return (args.findLast((arg) => typeof arg === "object" && arg !== null && !(arg instanceof nn.Module)) ??
    {}) as never;
}

export const plain = ({ module, inputs }: CallSite) => `${module}(${inputs.join(", ")})`;

/** The weights as the table for loading says them; `rename` is for a layer within a class of the program. */
export function weightsOf(layer: nn.Module<unknown>, rename = (name: string) => name): Record<string, Weight> {
  return Object.fromEntries(
    torchRulesOf(layer)!.map(({ to, from: [{ name }], axes }) => [
      rename(name),
      { from: to, layout: axes ? transposed : same },
    ]),
  );
}

/** A module with no weights. */
export const weightless =
  (make: (layer: never) => string | null) =>
  (layer: nn.Module<unknown>): Counterpart | null => {
    const text = make(layer as never);
    return text === null ? null : { make: text, weights: {} };
  };

/** A number for each axis as short as it can be said. */
export const each = (lengths: readonly number[]) => (lengths.every((n) => n === lengths[0]) ? lengths[0] : lengths);
