/**
 * How a layer's weights are made of tensors of another framework: what rules say, and the few that most of them use.
 */
import type { Parameter, Shape, Tensor } from "@chainrule/core";
import type { Module } from "@chainrule/nn";

/** A tensor that a rule takes, by its name within the other framework's layer. */
export interface Source {
  readonly name: string;
  readonly shape: Shape;
  /** Other shapes in which it may come. */
  readonly also?: readonly Shape[];
  /** What it means that it has yet another shape. */
  readonly otherwise?: string;
}

/** What one variable of a layer is made of. */
export interface Rule {
  /** The variable, by its path within the layer. */
  readonly to: string;
  readonly from: readonly Source[];
  /** Where the value is one tensor with its axes in another order: axis i of ours is axis `axes[i]` of theirs. */
  readonly axes?: readonly number[];
  /** The variable's value, given tensors of the shapes that `from` says. */
  make(...tensors: readonly Tensor[]): Tensor;
}

/** The variable as it is there. */
export function same(to: string, variable: Parameter | null, name: string): Rule[] {
  return variable ? [{ to, from: [{ name, shape: variable.shape }], make: (x) => x }] : [];
}

/** The variable with its axes in another order there: axis i of ours is axis `axes[i]` of theirs. */
export function permuted(to: string, variable: Parameter | null, name: string, axes: readonly number[]): Rule[] {
  if (!variable) return [];
  const shape = axes.map((_, axis) => variable.shape[axes.indexOf(axis)]);
  return [{ to, from: [{ name, shape }], axes, make: (x) => x.permute(axes) }];
}

/** A matrix that is [out, in] on one side and [in, out] on the other. */
export function transposed(to: string, variable: Parameter | null, name: string): Rule[] {
  return permuted(to, variable, name, [1, 0]);
}

/** The rules of a layer as those of what it is a part of. */
export function within(path: string, rules: readonly Rule[]): Rule[] {
  return rules.map((rule) => ({ ...rule, to: `${path}.${rule.to}` }));
}

/** How the weights of a layer are made. */
export type RulesOf<M> = (layer: M) => readonly Rule[];

/** A class of layers, and what is said of it. */
export type ByClass<T> = readonly (readonly [Class: abstract new (...args: never[]) => Module<unknown>, said: T])[];

/** What is said of a layer's class, or of the nearest that it extends; undefined where nothing is. */
export function lookUpClass<T>(table: ByClass<T>, module: Module<unknown>): T | undefined {
  return table.find(([Class]) => module instanceof Class)?.[1];
}

/** The rules of a class as an entry of such a table. */
export function entry<M extends Module<unknown>>(Class: abstract new (...args: never[]) => M, rules: RulesOf<M>) {
  return [Class, rules as RulesOf<Module<unknown>>] as const;
}
