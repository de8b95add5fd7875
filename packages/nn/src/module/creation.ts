/**
 * Where the user's program makes modules: the line to look at where something is wrong with one.
 */
import { noteLine } from "@chainrule/core/internal";

const lines = new WeakMap<object, () => string | undefined>();

/** Notes where the program is; the line is worked out only if it is asked for. */
export function noteCreation(module: object): void {
  lines.set(module, noteLine(16));
}

/** Where the user's program made a module: `file.ts:12:5`; undefined where the host shows no stack. */
export function lineOfCreation(module: object): string | undefined {
  return lines.get(module)?.();
}
