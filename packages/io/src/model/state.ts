/**
 * The state of a module by name, and of a file, beside each other: what is missing, what is surplus, what has another
 * shape.
 */
import { ModelError, type Tensor } from "@chainrule/core";
import { didYouMean, formatShape, sameShape } from "@chainrule/core/internal";
import type { Module } from "@chainrule/nn";

/** What became of the weights and state of a module and of a file. */
export interface LoadReport {
  /** The names that have been loaded. */
  readonly loaded: readonly string[];
  /** Names of the module that the file does not have. */
  readonly missing: readonly string[];
  /** Names of the file that the module does not have. */
  readonly surplus: readonly string[];
  /** Names that both have, with different shapes. */
  readonly otherShape: readonly {
    readonly name: string;
    readonly expected: readonly number[];
    readonly got: readonly number[];
  }[];
}

/** Weights and state, or tensors, by name. */
type Values = Readonly<Record<string, Tensor>>;

/** What fits and what does not; nothing is changed. */
export function compareState(module: Module<unknown>, values: Values): LoadReport {
  const own = module.stateDict();
  const common = Object.keys(own).filter((name) => Object.hasOwn(values, name));
  const fits = (name: string) => sameShape(own[name].shape, values[name].shape);
  return {
    loaded: common.filter(fits),
    missing: Object.keys(own).filter((name) => !Object.hasOwn(values, name)),
    surplus: Object.keys(values).filter((name) => !Object.hasOwn(own, name)),
    otherShape: common
      .filter((name) => !fits(name))
      .map((name) => ({ name, expected: own[name].shape, got: values[name].shape })),
  };
}

/** Throws where something is missing, surplus or of another shape. */
export function checkComplete(where: string, module: Module<unknown>, report: LoadReport, hint?: string): void {
  const { missing, surplus, otherShape } = report;
  if (missing.length + surplus.length + otherShape.length === 0) return;
  const shapes = otherShape.map(
    ({ name, expected, got }) => `${name} of shape ${formatShape(got)} in place of ${formatShape(expected)}`,
  );
  const got = [listed("no ", missing), listed("also ", surplus), listed("", shapes)].filter(Boolean).join(", and ");
  const nearest = surplus.length > 0 && missing.length > 0 ? didYouMean(surplus[0], missing) : undefined;
  const unbuilt = report.loaded.length + missing.length + otherShape.length === 0;
  throw new ModelError({
    where,
    expected: `the names and shapes of the ${missing.length + otherShape.length + report.loaded.length} weights and buffers of "${module.name}"`,
    got,
    hint: unbuilt
      ? "The model has no weights yet: give its first layer inputDim, or call it once."
      : [nearest, hint].filter(Boolean).join(" ") || undefined,
  });
}

function listed(before: string, names: readonly string[]): string {
  const more = names.length > 8 ? ` (and ${names.length - 8} more)` : "";
  return names.length === 0 ? "" : `${before}${names.slice(0, 8).join(", ")}${more}`;
}

/** Puts the values that fit into the module. */
export function assignState(module: Module<unknown>, values: Values, names: readonly string[]): void {
  const variables = new Map([...module.namedParameters(), ...module.namedBuffers()]);
  for (const name of names) variables.get(name)!.assign(values[name]);
}
