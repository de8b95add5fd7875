/**
 * Installs the WebAssembly backend, which computes eager operations and compiles functions, unless another is there already.
 */
import { type Backend, backend, setBackend } from "@chainrule/core/internal";
import { wasmBackend } from "./eager/backend.ts";
import { makeJit } from "./jit.ts";
import { sharedHeap } from "./runtime/shared-heap.ts";

/** What is installed; in Node by `at-import.ts`, which loads it when it is needed. */
export const jittingBackend: Backend = {
  ...wasmBackend,
  compile: (f, options = {}, watch = { isTrusted: () => true }) => makeJit(f, sharedHeap, options, watch),
};

if (backend === null) setBackend(jittingBackend);
