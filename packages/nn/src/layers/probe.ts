/**
 * Finding out the shape of a module's output by trying.
 */
import { getDefaultDType } from "@chainrule/core";
import type { Module } from "../module/module.ts";
import { outlineByTrying } from "../module/outline.ts";
import { Outline, Symbolic } from "../module/symbolic.ts";
import type { BatchShape } from "./shape.ts";

/**
 * The shape of what `module` makes of an input of a shape: computed on zeros twice, with different numbers for each
 * length that is null, so that what differs is what varies. Null where the output is several tensors.
 *
 * Modes stay as they were, and so do statistics, because it is done in evaluation mode.
 *
 * @throws ModelError where the output is no tensor; what the module throws.
 */
export function probeShape(module: Module<unknown>, inputShape: BatchShape): BatchShape | null {
  const input = new Symbolic(new Outline(inputShape, getDefaultDType()), null, "input");
  const outline = outlineByTrying(module, [input]);
  return outline instanceof Outline ? outline.shape : null;
}
