/**
 * Fusion groups in the making, with what each needs of the others: nodes are added to groups, and groups are merged.
 */
import type { FusionGroup } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { hasBit, Reachability, withBit } from "../ir/reachability.ts";
import { basesOf } from "../ir/reads.ts";
import type { Views } from "../ir/views.ts";

/** A group that is not finished. */
export type GroupDraft = { -readonly [Key in keyof FusionGroup]: FusionGroup[Key] } & { readonly members: GraphNode[] };

/**
 * A graph of more groups than this is taken stretch by stretch: which group needs which is kept for each pair of groups.
 */
export const mostGroups = 2048;
/** Loops of more values than this are not made: engines compile long functions slowly, and spill their values anyway. */
export const mostMembers = 256;

export class GroupGraph {
  readonly #views: Views;
  readonly #groupOf = new Map<GraphNode, GroupDraft>();
  readonly #basesOf = new Map<GraphNode, readonly GraphNode[]>();
  /** The groups by their numbers in `reachability`, where edges lead from a group to those that need it. */
  readonly #groups: GroupDraft[] = [];
  readonly #numbers = new Map<GroupDraft, number>();
  readonly #reachability = new Reachability();
  /** Draws from one generator keep their order. */
  #lastDraw: GroupDraft | null = null;

  /** @param groups finished groups to begin with, which are copied. */
  constructor(views: Views, groups: readonly FusionGroup[] = []) {
    this.#views = views;
    const copies = groups.flatMap((group) => {
      const copy = { ...group, members: [] };
      return group.members.map((node) => [node, copy] as const);
    });
    for (const [node, copy] of copies.toSorted(([a], [b]) => a.id - b.id)) this.add(copy, node);
  }

  /** The groups that there are, those that were merged into others left out. */
  get groups(): Iterable<GroupDraft> {
    return this.#numbers.keys();
  }

  get count(): number {
    return this.#numbers.size;
  }

  /** The group that computes the node. */
  groupOf(node: GraphNode): GroupDraft {
    return this.#groupOf.get(node)!;
  }

  has(group: GroupDraft): boolean {
    return this.#numbers.has(group);
  }

  /** The values that the node reads and that groups of these compute. */
  basesOf(node: GraphNode): readonly GraphNode[] {
    let bases = this.#basesOf.get(node);
    if (!bases) {
      bases = basesOf(node, this.#views);
      if (!bases.every((base) => this.#groupOf.has(base))) bases = bases.filter((base) => this.#groupOf.has(base));
      this.#basesOf.set(node, bases);
    }
    return bases;
  }

  /** Whether the group needs the other, directly or through others. */
  needs(group: GroupDraft, other: GroupDraft): boolean {
    return this.#reachability.isReachable(this.#numbers.get(other)!, this.#numbers.get(group)!);
  }

  /** Whether the second group needs the first through a third, so that the two cannot become one. */
  needsThroughOthers(second: GroupDraft, first: GroupDraft): boolean {
    return this.#reachability.hasIndirectPath(this.#numbers.get(first)!, this.#numbers.get(second)!);
  }

  /** Adds a node to a group, which may be a new one. Whatever the node reads is in a group already. */
  add(group: GroupDraft, node: GraphNode): void {
    let number = this.#numbers.get(group);
    if (number === undefined) {
      number = this.#reachability.addNode();
      this.#numbers.set(group, number);
      this.#groups.push(group);
    }
    const needed = this.basesOf(node).map((base) => this.#numbers.get(this.groupOf(base))!);
    if (node.op!.random) {
      if (this.#lastDraw) needed.push(this.#numbers.get(this.#lastDraw)!);
      this.#lastDraw = group;
    }
    this.#reachability.addEdges(needed, number);
    group.members.push(node);
    this.#groupOf.set(node, group);
  }

  /** Makes one group of two; neither needs the other through a third. */
  merge(into: GroupDraft, other: GroupDraft): void {
    for (const node of other.members) this.#groupOf.set(node, into);
    into.members.push(...other.members);
    into.members.sort((x, y) => x.id - y.id);
    into.reducedAxes ??= other.reducedAxes;
    this.#reachability.merge(this.#numbers.get(into)!, this.#numbers.get(other)!);
    this.#numbers.delete(other);
    if (this.#lastDraw === other) this.#lastDraw = into;
  }

  /** The groups in an order in which each comes after what it needs, otherwise by the last node of each. */
  sorted(): GroupDraft[] {
    const order: GroupDraft[] = [];
    let done: Uint32Array = new Uint32Array(0);
    const byLastNode = (groups: Iterable<GroupDraft>) =>
      [...groups].sort((a, b) => a.members.at(-1)!.id - b.members.at(-1)!.id);
    const visit = (group: GroupDraft): void => {
      const number = this.#numbers.get(group)!;
      if (hasBit(done, number)) return;
      done = withBit(done, number);
      for (const need of byLastNode(this.#reachability.ancestors(number, done).map((each) => this.#groups[each])))
        visit(need);
      order.push(group);
    };
    for (const group of byLastNode(this.groups)) visit(group);
    return order;
  }
}
