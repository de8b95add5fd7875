/**
 * After each file of tests that shares its process: what the next one would notice must be as it was.
 */
import { relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, inject, vi } from "vitest";
// From their files: a setup must not load what a file of tests does without.
import { manualSeed } from "../../core/src/random/generator.ts";
import { backend } from "../../core/src/tensor/backend.ts";
import { isGradEnabled } from "../../core/src/tensor/dispatch.ts";
import { getDefaultDType } from "../../core/src/tensor/dtype.ts";
import { tracer } from "../../core/src/tensor/tracer.ts";

function noticed(): Record<string, unknown> {
  return {
    folder: process.cwd(),
    environment: { ...process.env },
    dtype: getDefaultDType(),
    gradients: isGradEnabled(),
    isTracing: tracer !== null,
    backend: backend?.name,
    log: console.log,
    warn: console.warn,
    random: Math.random,
    now: Date.now,
    fetch: globalThis.fetch,
    WebAssembly: { ...(globalThis as unknown as { WebAssembly: object }).WebAssembly },
    listeners: process.listenerCount("SIGINT"),
  };
}

declare module "vitest" {
  export interface ProvidedContext {
    /** Files that have a process of their own. */
    alone: readonly string[];
  }
}

let before: Record<string, unknown>;
beforeAll(() => {
  before = noticed();
  // As in a process of its own, nobody knows which numbers come where no seed is set.
  manualSeed(Math.random());
});
afterAll(() => {
  if (inject("alone").includes(relative(process.cwd(), expect.getState().testPath ?? "").replaceAll("\\", "/"))) return;
  // Vitest does so after each file.
  vi.restoreAllMocks();
  const now = noticed();
  const changed = Object.keys(now).filter((name) => !isDeepStrictEqual(now[name], before[name]));
  expect(changed, "this file of tests leaves something changed for the next one in its process").toEqual([]);
});
