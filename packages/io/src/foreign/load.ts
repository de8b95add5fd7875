/**
 * Tensors of another framework into a model, by a plan: compared first, and then all at once.
 */
import { ModelError, type Tensor } from "@chainrule/core";
import { didYouMean, formatShape, sameShape } from "@chainrule/core/internal";
import type { Module } from "@chainrule/nn";
import type { LoadReport } from "../model/state.ts";
import type { Wanted } from "./plan.ts";
import type { Source } from "./rules.ts";

/** Tensors by the names that a plan has for them, and what these are called in the file. */
export interface ForeignTensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  nameInFile(name: string): string;
}

/**
 * Puts what fits into the model.
 *
 * @throws ModelError where something is missing, surplus or of another shape, unless `partial`; nothing is loaded then.
 */
export function loadPlanned(
  where: string,
  model: Module<unknown>,
  plan: readonly Wanted[],
  { tensors, nameInFile }: ForeignTensors,
  partial: boolean,
): LoadReport {
  const used = new Set(plan.flatMap(({ from }) => from.map(({ name }) => name)));
  const surplus = [...tensors.keys()].filter((name) => !used.has(name)).map(nameInFile);
  const missing = plan.filter(({ from }) => from.some(({ name }) => !tensors.has(name)));
  const complete = plan.filter((wanted) => !missing.includes(wanted));
  const misfits = complete.flatMap(({ from }) => from.filter((source) => !fits(source, tensors.get(source.name)!)));
  const loadable = complete.filter(({ from }) => !from.some((source) => misfits.includes(source)));
  if (!partial && missing.length + surplus.length + misfits.length > 0) {
    const absent = missing.map(({ to, from }) => {
      const names = from.filter(({ name }) => !tensors.has(name)).map(({ name }) => quoted(nameInFile(name)));
      return `${names.join(" and ")} for ${to}`;
    });
    throw new ModelError({
      where,
      expected: `what the ${plan.length} weights and buffers of "${model.name}" are made of`,
      got: [
        listed("no ", absent),
        listed("also ", surplus.map(quoted)),
        listed(
          "",
          misfits.map((source) => describeMisfit(source, tensors.get(source.name)!, nameInFile)),
        ),
      ]
        .filter(Boolean)
        .join(", and "),
      hint: hintFor(missing, surplus, misfits, nameInFile),
    });
  }
  const values = loadable.map(({ from, make }) => make(...from.map(({ name }) => tensors.get(name)!)));
  const variables = new Map([...model.namedParameters(), ...model.namedBuffers()]);
  loadable.forEach(({ to }, i) => {
    variables.get(to)!.assign(values[i]);
  });
  return {
    loaded: loadable.map(({ to }) => to),
    missing: missing.map(({ to }) => to),
    surplus,
    otherShape: misfits.map(({ name, shape }) => ({
      name: nameInFile(name),
      expected: shape,
      got: tensors.get(name)!.shape,
    })),
  };
}

function fits({ shape, also = [] }: Source, x: Tensor): boolean {
  return [shape, ...also].some((one) => sameShape(one, x.shape));
}

function describeMisfit({ name, shape }: Source, x: Tensor, nameInFile: (name: string) => string): string {
  return `${quoted(nameInFile(name))} of shape ${formatShape(x.shape)} in place of ${formatShape(shape)}`;
}

function hintFor(
  missing: readonly Wanted[],
  surplus: readonly string[],
  misfits: readonly Source[],
  nameInFile: (name: string) => string,
): string {
  const said = misfits.find(({ otherwise }) => otherwise)?.otherwise;
  if (said) return said;
  if (missing.length > 0 && surplus.length > 0) {
    const wanted = missing.flatMap(({ from }) => from.map(({ name }) => nameInFile(name)));
    const nearest =
      wanted.length < 20 ? `${didYouMean(surplus[0].slice(0, 80), wanted).replace(/ ?Known:.*/, "")} ` : "";
    return `${nearest}Say which layer has which weights: { layers: { dense: "fc1" } }, ours first. To load what fits: { partial: true }.`;
  }
  if (surplus.length > 0) return "Names that are not wanted: { ignore: […] }. To load what fits: { partial: true }.";
  return "To load what fits: { partial: true }.";
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

/** Names, the first of them. */
function listed(before: string, names: readonly string[]): string {
  const more = names.length > 8 ? ` (and ${names.length - 8} more)` : "";
  return names.length === 0 ? "" : `${before}${names.slice(0, 8).join(", ")}${more}`;
}
