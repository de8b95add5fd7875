/**
 * Whether a model can validate on the data that it is given, found before it is trained: otherwise an epoch would be lost.
 */
import { ChainRuleError, type Tensor } from "@chainrule/core";
import { atomic, sameShape } from "@chainrule/core/internal";
import { Layer } from "../layers/layer.ts";
import { withModes } from "../module/mode.ts";
import type { Batch, DataAdapter } from "./data-adapter.ts";
import { outputSpecs } from "./fit-checks.ts";
import type { FitData } from "./fit-data.ts";
import type { Model } from "./model.ts";
import { flattenNested, type Nested } from "./nested.ts";
import { type TrainState, testStep } from "./step.ts";

/** Batches of which the first can be looked at; it is still the first of the first pass. */
export class PeekedAdapter implements DataAdapter {
  readonly #inner: DataAdapter;
  #open: { readonly iterator: Iterator<Batch> | AsyncIterator<Batch>; readonly first: IteratorResult<Batch> } | null =
    null;

  constructor(inner: DataAdapter) {
    this.#inner = inner;
  }

  get steps(): number | null {
    return this.#inner.steps;
  }

  get smallestBatch(): number | null {
    return this.#inner.smallestBatch;
  }

  get isOneShot(): boolean {
    return this.#inner.isOneShot;
  }

  get runsUserCode(): boolean {
    return this.#inner.runsUserCode;
  }

  readonly shuffling = null;

  get taken(): number {
    return this.#inner.taken - (this.isOneShot && this.#open !== null ? 1 : 0);
  }

  /** What was looked at is of the first pass, which is over. */
  async skip(taken: number): Promise<void> {
    if (this.isOneShot && taken === 0) return;
    if (this.isOneShot) this.#open = null;
    else await this.close();
    await this.#inner.skip(taken);
  }

  describe(): ReturnType<DataAdapter["describe"]> {
    return this.#inner.describe();
  }

  /** The first batch; null where there is none. */
  async peek(): Promise<Batch | null> {
    if (this.#open === null) {
      const iterator = this.#inner.iterate();
      this.#open = { iterator, first: await iterator.next() };
    }
    return this.#open.first.done ? null : this.#open.first.value;
  }

  iterate(): Iterator<Batch> | AsyncIterator<Batch> {
    const open = this.#open;
    this.#open = null;
    if (open === null) return this.#inner.iterate();
    const { iterator } = open;
    let first: IteratorResult<Batch> | null = open.first;
    const next = () => {
      if (first === null) return iterator.next();
      const result = first;
      first = null;
      return result;
    };
    return { next, return: () => iterator.return?.() } as Iterator<Batch>;
  }

  /** Lets an iterator that was looked at and not read tidy up. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.iterator.return?.();
  }
}

/**
 * Runs the model on the first validation batch and undoes what that did, unless its samples look as those trained on.
 *
 * @returns false where that has to wait for the first batch of training, which makes the weights.
 * @throws what the step throws, as of `validationData`.
 */
export async function checkValidation(
  { model, outputs }: Pick<TrainState, "outputs"> & { readonly model: Model<unknown> },
  { inputs, targets, validationData }: Pick<FitData, "inputs" | "targets" | "validationData">,
): Promise<boolean> {
  if (validationData === null) return true;
  const modules = model.modules();
  const isBuilt = modules.every((module) => !(module instanceof Layer) || module.built);
  if (inputs === null && !isBuilt) return false;
  const batch = await firstOf(validationData);
  if (batch === null || (inputs && looksAs(batch.x, inputs) && looksAs(batch.y, targets!))) return true;
  // Weights are for the data that are trained on.
  if (!isBuilt && outputSpecs(model, inputs!) === null) return false;
  const undone = Symbol("undone");
  try {
    atomic(() => {
      withModes(modules, false, () => testStep({ model, outputs }, batch.x, batch.y, batch.weight));
      throw undone;
    });
  } catch (error) {
    if (error !== undone) throw error instanceof ChainRuleError ? error.inside("fit, validationData") : error;
  } finally {
    for (const part of modules) if ("resetState" in part && typeof part.resetState === "function") part.resetState();
  }
  return true;
}

async function firstOf(data: DataAdapter): Promise<Batch | null> {
  if (data instanceof PeekedAdapter) return data.peek();
  const first = await data.iterate().next();
  return first.done ? null : first.value;
}

/** Whether samples have the shapes and dtypes of others. */
function looksAs(given: Nested<Tensor>, others: readonly Tensor[]): boolean {
  const list = flattenNested(given);
  return (
    list.length === others.length &&
    list.every((x, i) => x.dtype === others[i].dtype && sameShape(x.shape.slice(1), others[i].shape.slice(1)))
  );
}
