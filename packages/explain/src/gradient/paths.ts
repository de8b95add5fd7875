/**
 * The ways from a tensor to the result, and the gradient along each of them alone.
 */
import { ones, type Tensor } from "@chainrule/core";
import { type Recorded, type Scope, withGradEnabled } from "@chainrule/core/internal";
import { Module } from "@chainrule/nn";
import { isBuiltIn } from "@chainrule/nn/internal";
import { sendThrough } from "../backward/local.ts";

/** The gradients that arrive at a node, each along one way on to the result. */
export type GradientsByWay = ReadonlyMap<string, Tensor>;

/** Beyond so many ways they are told as one. */
const mostWays = 32;
/** What stands in the name of a way for all that were joined. */
export const joined = "…";
const arrow = " → ";

/** The stations of a way, from what uses the tensor to the result. */
export function stationsOf(way: string): string[] {
  return way === "" ? [] : way.split(arrow);
}

/**
 * For every node that depends on the one at `start`, its gradients by the ways that lead on from it.
 *
 * A layer of the library and a loss are one station, however many ways there are within; every other operation is one by
 * itself.
 */
export function gradientsByWay(
  computation: readonly Recorded[],
  names: readonly string[],
  start: number,
  seed: Tensor | undefined,
): GradientsByWay[] {
  const depends: boolean[] = [];
  for (const [id, { inputs }] of computation.entries())
    depends.push(id === start || inputs.some((input) => depends[input]));
  const found: Map<string, Tensor>[] = computation.map(() => new Map());
  const last = computation.length - 1;
  const { shape, dtype } = computation[last].tensor;
  const stations = stationsIn(computation, names);
  found[last].set("", seed ?? ones(shape, { dtype }));
  withGradEnabled(false, () => {
    for (let id = last; id > start; id--) {
      if (!depends[id]) continue;
      const { tensor, inputs } = computation[id];
      for (const [way, g] of joinedIfMany(found[id])) {
        const whole = through(stations[id], way);
        inputs.forEach((input, argument) => {
          if (depends[input] && input !== start && computation[input].tensor.requiresGrad)
            add(found[input], whole, sendThrough(tensor.tapeEntry!, argument, g));
        });
      }
    }
  });
  return found;
}

function add(to: Map<string, Tensor>, way: string, part: Tensor): void {
  const before = to.get(way);
  to.set(way, before ? before.add(part) : part);
}

function joinedIfMany(ways: Map<string, Tensor>): ReadonlyMap<string, Tensor> {
  if (ways.size <= mostWays) return ways;
  const all = [...ways.values()].reduce((a, b) => a.add(b));
  ways.clear();
  return ways.set(joined, all);
}

/** The way that begins at a station; at the station where one is already it stays the same. */
export function through(station: string, way: string): string {
  if (way === "") return station;
  return way === station || way.startsWith(`${station}${arrow}`) ? way : `${station}${arrow}${way}`;
}

/** What each node is on a way: the layer or loss that made it, or itself with its operation; empty for leaves. */
export function stationsIn(computation: readonly Recorded[], names: readonly string[]): string[] {
  const calls = new Map<string, Scope[]>();
  return computation.map(({ tensor }, id) => {
    const step = tensor.tapeEntry;
    if (step === null) return "";
    const { scope } = step;
    if (scope === null || !isOneStation(scope.owner)) return `${names[id]} (${step.op.name})`;
    const title = titleOf(scope);
    const own = calls.get(title) ?? [];
    if (!own.includes(scope)) own.push(scope);
    calls.set(title, own);
    const call = own.indexOf(scope);
    return call === 0 ? title : `${title} (call ${call + 1})`;
  });
}

function isOneStation(owner: object): boolean {
  return !(owner instanceof Module) || (isBuiltIn(owner.constructor) && owner.modules().length === 1);
}

function titleOf(scope: Scope): string {
  const { owner } = scope;
  if (!(owner instanceof Module)) return "lossName" in owner ? String(owner.lossName) : "loss";
  let root = owner as Module<unknown>;
  for (let outer = scope.outer; outer; outer = outer.outer) if (outer.owner instanceof Module) root = outer.owner;
  return root.namedModules().find(([, module]) => module === owner)?.[0] || owner.name;
}
