/**
 * Installs the WebAssembly backend, which computes eager operations and compiles functions, unless another is there already.
 */
import { backend, setBackend } from "@chainrule/core/internal";
import { wasmBackend } from "./eager/backend.ts";
import { makeJit } from "./jit.ts";
import { sharedHeap } from "./runtime/shared-heap.ts";

if (backend === null)
  setBackend({
    ...wasmBackend,
    compile: (f, options = {}, watch = { isTrusted: () => true }) => makeJit(f, sharedHeap, options, watch),
  });
