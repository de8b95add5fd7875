/**
 * What is diagnosed: a forward pass with its loss, and all that belongs to it.
 */
import type { Parameter, Tensor } from "@chainrule/core";
import type { Module } from "../../module/module.ts";
import type { Optimizer } from "../../optimizers/index.ts";

/** A forward pass with its loss, and what is known of it. */
export interface Program {
  /** Who asks: "fit" or "diagnose". */
  readonly where: string;
  readonly model: Module<unknown> | null;
  /** By name; null for those that the loss turns out to use. */
  readonly parameters: ReadonlyMap<string, Parameter> | null;
  readonly optimizer: Optimizer | null;
  /** How many steps the optimizer has taken before. */
  readonly iterations: number;
  /** The batch: inputs, targets and the weights of samples; empty where they are not known apart. */
  readonly inputs: readonly Tensor[];
  readonly targets: readonly Tensor[];
  readonly weights: readonly Tensor[];
  /** The targets of all batches, where they are in memory; null where they are not, or only the batch is known. */
  readonly allTargets: readonly Tensor[] | null;
  /** Computes the loss of the batch, penalties included. */
  readonly compute: () => Tensor;
  /** The same with other targets of the same shapes; null where these are not known apart. */
  readonly computeWith: ((targets: readonly Tensor[]) => Tensor) | null;
  /** A whole step of training as the user wrote it: gradients forgotten or not, loss, backward, update. */
  readonly step: (() => unknown) | null;
  /** The numbers of the epochs so far, by name, as in a history; empty before the first. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}
