/**
 * One of the other threads of `setNumThreads`: takes chunks of compiled steps, and sleeps in between.
 *
 * Plain JavaScript, because it is loaded as it stands: by Node from source or from a package, by pages through a bundler.
 * Everything else comes to it through the shared memory; it never returns to its event loop.
 */

/**
 * @typedef {object} Start
 * @property {{ buffer: SharedArrayBuffer, grow(pages: number): number }} memory a WebAssembly memory
 * @property {Uint8Array} protocol the module of `protocol.ts`
 * @property {number} thread this one's number, from 1 on
 * @property {{ program: number, run: number, table: number }} words where a step says what it runs
 */

/** @typedef {Record<string, (...args: number[]) => number>} Functions */

/** @type {any} Typed here so that core needs neither the DOM's types nor Node's. */
const { WebAssembly } = globalThis;

/** A program comes again where it is run again; more than this many at once are not kept. */
const mostPrograms = 64;

/** @param {Start} start */
function work({ memory, protocol, thread, words }) {
  /** @type {Map<number, Functions>} What programs share, by the modules' numbers. */
  const kernels = new Map();
  /** @type {Map<number, Functions>} */
  const programs = new Map();
  const control = new Int32Array(memory.buffer);
  const protocolFunctions = load(protocol, []);
  const { next, isOpen, fail } = protocolFunctions;

  /**
   * @param {Uint8Array} bytes
   * @param {readonly Functions[]} others what it imports from
   * @returns {Functions}
   */
  function load(bytes, others) {
    const module = new WebAssembly.Module(bytes);
    /** @type {Record<string, unknown>} */
    const env = Object.assign({}, ...others, { memory });
    // JavaScript functions stay with the main thread, and so does everything that calls them.
    for (const { name } of WebAssembly.Module.imports(module)) env[name] ??= () => {};
    return /** @type {Functions} */ (new WebAssembly.Instance(module, { env }).exports);
  }

  /**
   * The program's functions, from its bytes in the shared memory; null where the step ended while they were read.
   *
   * @param {number} program
   * @param {number} table
   * @param {number} step
   * @returns {Functions | null}
   */
  function fetch(program, table, step) {
    // Growing by nothing: this thread may not have heard yet that the memory grew.
    memory.grow(0);
    const { buffer } = memory;
    const numbers = new Int32Array(buffer);
    const at = numbers[table / 4] / 4;
    const count = numbers[at];
    if (!isOpen(step)) return null;
    const modules = Array.from({ length: count }, (_, i) => {
      const [id, address, length] = numbers.subarray(at + 1 + 3 * i, at + 4 + 3 * i);
      return { id, bytes: new Uint8Array(buffer).slice(address, address + length) };
    });
    // Only now is it certain that all these bytes were still the program's.
    if (!isOpen(step)) return null;
    const own = modules.pop();
    const others = [protocolFunctions];
    for (const { id, bytes } of modules) {
      const functions = kernels.get(id) ?? load(bytes, []);
      kernels.set(id, functions);
      others.push(functions);
    }
    const functions = load(/** @type {Uint8Array} */ (own?.bytes), others);
    if (programs.size >= mostPrograms) programs.delete(/** @type {number} */ (programs.keys().next().value));
    programs.set(program, functions);
    return functions;
  }

  for (let step = 0; ; ) {
    step = next(step);
    const program = Atomics.load(control, words.program / 4);
    const run = Atomics.load(control, words.run / 4);
    const table = Atomics.load(control, words.table / 4);
    if (!isOpen(step)) continue;
    try {
      const functions = programs.get(program) ?? fetch(program, table, step);
      functions?.[`run${run}`](thread, step, table);
    } catch (error) {
      fail();
      throw error;
    }
  }
}

const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
/** @type {any} */
const page = globalThis;
if (node?.parentPort) {
  const { parentPort } = node;
  parentPort.once("message", (start) => {
    parentPort.postMessage("ready");
    work(start);
  });
} else
  page.onmessage = (/** @type {{ data: Start }} */ { data }) => {
    page.postMessage("ready");
    work(data);
  };
