/**
 * The way there and back in steps, and what is known after each of them.
 */
import type { BackwardData } from "@chainrule/explain";

/** One step: what is given, a value computed, or a gradient handed on. */
export type Frame =
  | { readonly kind: "given" }
  | { readonly kind: "forward"; readonly node: number }
  | { readonly kind: "backward"; readonly node: number };

/** A node as it is drawn. */
export interface SeenNode {
  /** Null where it is not computed yet. */
  readonly value: number | null;
  /** It was computed of numbers that have changed since. */
  readonly isOld: boolean;
  /** Null where it was not asked for yet. */
  readonly gradient: number | null;
  /** What has arrived so far, and whether more is to come. */
  readonly arrived: readonly number[];
  readonly isComplete: boolean;
  readonly isNow: boolean;
}

/** An arrow as it is drawn; null is what is not known yet. */
export interface SeenEdge {
  readonly from: number;
  readonly to: number;
  readonly argument: number;
  /** Whether a gradient goes back along it. */
  readonly carries: boolean;
  readonly local: number | null;
  readonly upstream: number | null;
  readonly sent: number | null;
  readonly isNow: boolean;
}

/** Everything that is drawn. */
export interface Seen {
  readonly nodes: readonly SeenNode[];
  readonly edges: readonly SeenEdge[];
}

/** All steps in order. */
export function framesOf({ nodes, steps }: BackwardData): Frame[] {
  return [
    { kind: "given" },
    ...nodes.filter(({ inputs }) => inputs.length > 0).map(({ id }) => ({ kind: "forward", node: id }) as const),
    ...steps.map(({ node }) => ({ kind: "backward", node }) as const),
  ];
}

/** What is known after a step. */
export function seenAt(data: BackwardData, frames: readonly Frame[], at: number): Seen {
  const past = frames.slice(0, at + 1);
  const computed = new Set(past.flatMap((frame) => (frame.kind === "forward" ? [frame.node] : [])));
  const back = new Set(past.flatMap((frame) => (frame.kind === "backward" ? [frame.node] : [])));
  return seen(data, { computed, back, now: frames[at] });
}

/** What is known where these nodes are computed, and these have handed their gradient on. */
export function seen(
  { nodes, steps }: BackwardData,
  { computed, back, now }: { computed: ReadonlySet<number>; back: ReadonlySet<number>; now?: Frame },
): Seen {
  const stepOf = new Map(steps.map((step) => [step.node, step]));
  const edges = nodes.flatMap(({ id, inputs }) =>
    inputs.map((from, argument): SeenEdge => {
      const sends = stepOf.get(id)?.sends.find((each) => each.argument === argument);
      const isBack = back.has(id) && sends !== undefined;
      return {
        from,
        to: id,
        argument,
        carries: sends !== undefined,
        local: sends && computed.has(id) ? numberIn(sends.local.numbers) : null,
        upstream: isBack ? numberIn(stepOf.get(id)!.gradient) : null,
        sent: isBack ? numberIn(sends.sent) : null,
        isNow: now !== undefined && now.kind !== "given" && now.node === id,
      };
    }),
  );
  return {
    edges,
    nodes: nodes.map(({ id, inputs, value }): SeenNode => {
      const step = stepOf.get(id);
      const arrived = (step?.terms ?? []).filter(({ from }) => back.has(from)).map(({ sent }) => numberIn(sent)!);
      return {
        value: inputs.length === 0 || computed.has(id) ? numberIn(value) : null,
        isOld: false,
        gradient: step && back.has(id) ? numberIn(step.gradient) : null,
        arrived,
        isComplete: step !== undefined && arrived.length === step.terms.length,
        isNow: now !== undefined && (now.kind === "given" ? inputs.length === 0 : now.node === id),
      };
    }),
  };
}

/** The one number of a `Value`. */
export function numberIn(numbers: { readonly values?: readonly number[] } | undefined): number | null {
  return numbers?.values?.[0] ?? null;
}
