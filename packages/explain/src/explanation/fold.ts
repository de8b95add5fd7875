/**
 * Explanations by layer: every call of a layer or a loss as one node, with what goes in and out of it.
 */
import type { LayerCall } from "@chainrule/viz";
import { foldedInto } from "@chainrule/viz/internal";
import type { BackwardData, BackwardStep, ExplainedNode, Numbers, Sent, Term } from "./types.ts";

/** Beyond so many nodes an explanation with layers is told by layer, unless it is asked for otherwise. */
export const mostUnfolded = 60;

/** Whether there are layers or losses to tell by. */
export function hasLayers({ nodes }: BackwardData): boolean {
  return nodes.some(({ layers }) => foldedInto(layers) !== null);
}

/** The same explanation with each call of a layer, and of a loss, as one node; constants within them are left out. */
export function foldLayers(data: BackwardData): BackwardData {
  const folding = new Folding(data);
  const nodes = folding.kept.map((id) => folding.node(id));
  const steps = data.steps.flatMap((step) => (folding.ids.has(step.node) ? [folding.step(step)] : []));
  return { kind: "backward", result: nodes.length - 1, nodes, steps };
}

class Folding {
  readonly #data: BackwardData;
  readonly #groups: readonly (LayerCall | null)[];
  readonly #stepAt: ReadonlyMap<number, BackwardStep>;
  /** The nodes that stay, in order: those outside of groups, and what groups give to others. */
  readonly kept: readonly number[];
  /** Their new ids. */
  readonly ids: ReadonlyMap<number, number>;

  constructor(data: BackwardData) {
    const { nodes, steps } = data;
    this.#data = data;
    this.#groups = nodes.map(({ layers }) => foldedInto(layers));
    this.#stepAt = new Map(steps.map((step) => [step.node, step]));
    const stays = nodes.map(({ id, kind }) => (this.#groups[id] === null && kind !== "constant") || id === data.result);
    for (const { id, inputs } of nodes)
      for (const input of inputs) {
        const isConstant = nodes[input].kind === "constant";
        if (isConstant ? this.#groups[id] === null : !this.#areTogether(input, id)) stays[input] = true;
      }
    this.kept = nodes.flatMap(({ id }) => (stays[id] ? [id] : []));
    this.ids = new Map(this.kept.map((id, i) => [id, i]));
  }

  #areTogether(a: number, b: number): boolean {
    return this.#groups[a]?.call === this.#groups[b]?.call;
  }

  /** The latest of a group's results stands for all that the group sends. */
  #speaker(id: number): number {
    return this.kept.findLast((each) => this.#areTogether(each, id))!;
  }

  #members(id: number): ExplainedNode[] {
    return this.#data.nodes.filter((node) => this.#areTogether(node.id, id));
  }

  node(id: number): ExplainedNode {
    const { nodes } = this.#data;
    const { formula: _formula, note: _note, ...node } = nodes[id];
    const group = this.#groups[id];
    if (group === null)
      return { ...nodes[id], id: this.ids.get(id)!, inputs: nodes[id].inputs.map((input) => this.ids.get(input)!) };
    const sources = new Set(this.#members(id).flatMap(({ inputs }) => inputs));
    const outside = [...sources].filter((from) => !this.#areTogether(from, id) && this.ids.has(from));
    return {
      ...node,
      id: this.ids.get(id)!,
      ...(group.formula && id === this.#speaker(id) && { formula: group.formula }),
      op: group.kind === "loss" ? group.path : `${group.path}:${group.kind}`,
      inputs: outside.sort((a, b) => Number(nodes[a].kind === "parameter") - Number(nodes[b].kind === "parameter") || a - b).map((from) => this.ids.get(from)!), // biome-ignore format: short
    };
  }

  step(step: BackwardStep): BackwardStep {
    const terms = this.#termsAt(step);
    const { beforeHooks } = step;
    return {
      node: this.ids.get(step.node)!,
      terms,
      gradient: step.gradient,
      ...(beforeHooks && { beforeHooks }),
      sends: this.#sendsOf(step.node),
    };
  }

  /** What came from within a group, added up where it can be, as one term. */
  #termsAt({ node, terms, gradient }: BackwardStep): Term[] {
    const bySource = new Map<number, Term[]>();
    for (const term of terms) {
      const source = this.#groups[term.from] === null ? term.from : this.#speaker(term.from);
      const isInside = this.#groups[node] !== null && this.#areTogether(term.from, node);
      const key = isInside ? node : source;
      bySource.set(key, [...(bySource.get(key) ?? []), term]);
    }
    return [...bySource].flatMap(([source, list]) => {
      const from = this.ids.get(source)!;
      const whole = list.length === terms.length ? gradient : summed(list.map(({ sent }) => sent));
      return whole ? [{ from, argument: 0, sent: whole }] : list.map((term) => ({ ...term, from }));
    });
  }

  #sendsOf(id: number): Sent[] {
    if (this.#groups[id] === null)
      return (this.#stepAt.get(id)?.sends ?? []).flatMap((sent) =>
        this.ids.has(sent.to) ? [{ ...sent, to: this.ids.get(sent.to)! }] : [],
      );
    if (this.#speaker(id) !== id) return [];
    const byTarget = new Map<number, Sent[]>();
    for (const member of this.#members(id))
      for (const sent of this.#stepAt.get(member.id)?.sends ?? [])
        if (!this.#areTogether(sent.to, id)) byTarget.set(sent.to, [...(byTarget.get(sent.to) ?? []), sent]);
    const upstream = this.#stepAt.get(id)!.gradient.norm;
    return [...byTarget].flatMap(([to, list]) => {
      const { terms, gradient } = this.#stepAt.get(to)!;
      const isAll = terms.length === list.length;
      const whole = list.length === 1 ? list[0].sent : isAll ? gradient : summed(list.map(({ sent }) => sent));
      const parts = whole ? [whole] : list.map(({ sent }) => sent);
      return parts.map(
        (sent, argument): Sent => ({
          to: this.ids.get(to)!,
          argument,
          local: { form: "large" },
          sent,
          isSummed: false,
          gain: sent.norm / upstream,
        }),
      );
    });
  }
}

/** The sum of several tensors' numbers; null where they are not all there. */
function summed(list: readonly Numbers[]): Numbers | null {
  if (list.some(({ values }) => values === undefined)) return null;
  const values = list[0].values!.map((_, i) => list.reduce((total, each) => total + each.values![i], 0));
  return {
    ...list[0],
    values,
    min: Math.min(...values),
    max: Math.max(...values),
    mean: values.reduce((a, b) => a + b, 0) / values.length,
    norm: Math.hypot(...values),
  };
}
