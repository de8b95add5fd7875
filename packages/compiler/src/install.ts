/**
 * Installs the WebAssembly backend, which computes eager operations and compiles functions, unless another is there already.
 */
import { backend, setBackend } from "@chainrule/core/internal";
import { wasmBackend } from "./eager/backend.ts";
import { jit } from "./jit.ts";

if (backend === null) setBackend({ ...wasmBackend, compile: (f) => jit(f) });
