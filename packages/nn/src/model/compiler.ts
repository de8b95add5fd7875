/**
 * How models come to the compiler. It is large, and many a toy is trained before it would pay: `fit` and `evaluate` load it
 * when the first step is to be compiled.
 */
import type { watchedJit } from "@chainrule/compiler/internal";
import { backend, hasWindowOps } from "@chainrule/core/internal";
import { compilerParts } from "../compiler-parts.ts";

export type Compile = typeof watchedJit;

/**
 * The compiler of the backend in use, which can be had at once; null where there is none, as in a bundle without
 * `@chainrule/compiler`. Whether another training has loaded it makes no difference.
 */
export function compilerAtHand(): Compile | null {
  return (backend?.compile as Compile | undefined) ?? null;
}

/** The compiler, with the kernels of convolutions and pools where the program has such ops, and what else its modules ask for. */
export async function loadCompiler(): Promise<Compile> {
  const [{ watchedJit }, windows] = await Promise.all([
    import("@chainrule/compiler/internal"),
    hasWindowOps() ? import("@chainrule/compiler/windows") : null,
    ...Array.from(compilerParts, (load) => load()),
  ]);
  windows?.addWindows();
  return watchedJit;
}
