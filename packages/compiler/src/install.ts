/**
 * Installs the WebAssembly backend, which computes eager operations and compiles functions, unless another is there already.
 */
import { backend, setBackend } from "@chainrule/core/internal";
import { wasmBackend } from "./eager/backend.ts";
import { makeJit } from "./jit.ts";
import { sharedHeap } from "./runtime/shared-heap.ts";

// What a backend is asked to compile is known to depend on its arguments alone.
if (backend === null)
  setBackend({ ...wasmBackend, compile: (f) => makeJit(f, sharedHeap, {}, { isTrusted: () => true }) });
