/**
 * What a sweep and the processes that run for it say to each other.
 */
import type { Finished } from "../runs/run.ts";
import type { Sent } from "./send.ts";

/** What the sweep says. */
export type Order =
  | {
      readonly kind: "begin";
      readonly url: string;
      readonly name: string;
      readonly dtype: "float32" | "float64";
      readonly threads: number;
    }
  | { readonly kind: "run"; readonly id: number; readonly settings: Sent };

/** What a process answers. */
export type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "unable"; readonly reason: string }
  | { readonly kind: "finished"; readonly id: number; readonly result: Finished };
