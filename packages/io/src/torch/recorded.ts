/**
 * A recording on its way to a program: what is written of, and what comes of it.
 */
import type { GraphNode } from "@chainrule/compiler/internal";
import type { BatchNumber, Length } from "../graph/batch.ts";
import type { Place } from "./places.ts";
import type { Frame, Recording } from "./record.ts";

/** A recording with what depends on the batch in it. */
export interface Recorded extends Recording {
  readonly lengths: ReadonlyMap<GraphNode, readonly Length[]>;
  readonly numbers: ReadonlyMap<GraphNode, BatchNumber>;
  /** What depends on the batch in another way than in proportion. */
  readonly odd: ReadonlySet<GraphNode>;
}

/** A method's text: the names of its arguments, its lines, and what it returns. */
export interface Body {
  readonly args: readonly string[];
  readonly lines: readonly string[];
  readonly returns: readonly string[];
  /** What it leaves in the module for who called it, where it may return nothing more. */
  readonly extra: readonly string[];
}

/** Whether a module is in training, as the recording was made. */
export type Mode = "train" | "eval";

/** What a method is being written of. */
export interface Block {
  readonly frame: Frame;
  readonly place: Place | null;
  readonly lines: string[];
  readonly names: Map<GraphNode, string>;
  readonly taken: Set<string>;
  readonly args: [name: string, node: GraphNode][];
}
