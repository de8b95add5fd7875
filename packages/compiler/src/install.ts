/**
 * Installs the WebAssembly backend for eager operations, unless another backend is there already.
 */
import { backend, setBackend } from "@chainrule/core/internal";
import { wasmBackend } from "./eager/backend.ts";

if (backend === null) setBackend(wasmBackend);
