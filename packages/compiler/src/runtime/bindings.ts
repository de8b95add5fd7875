/**
 * What a program has in the places that its structure leaves open, so that programs of equal structure share all else.
 */
import type { Parameter } from "@chainrule/core";

export interface Bindings {
  /** The parameter that each stand-in of the graph stands for. */
  readonly parameters: ReadonlyMap<Parameter, Parameter>;
  /** For the attributes of each random draw in the graph, those to draw by: they name the generator. */
  readonly draws: ReadonlyMap<unknown, unknown>;
}
