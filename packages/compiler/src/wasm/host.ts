/**
 * What is used of the host's WebAssembly, typed here so that core needs neither the DOM's types nor Node's.
 */

export interface Memory {
  /** An ArrayBuffer, or a SharedArrayBuffer that threads share. */
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

interface Api {
  readonly Memory: new (limits: { initial: number; maximum?: number; shared?: boolean }) => Memory;
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: { env: object }) => { readonly exports: object };
}

function api(): Api {
  return (globalThis as unknown as { WebAssembly: Api }).WebAssembly;
}

/** Whether the host takes the module's bytes; no where WebAssembly is missing. */
export function validates(bytes: Uint8Array): boolean {
  return (globalThis as unknown as { WebAssembly?: Api }).WebAssembly?.validate(bytes) ?? false;
}

/** A new memory of so many pages of 64 KiB. */
export function createMemory(pages: number): Memory {
  return new (api().Memory)({ initial: pages });
}

/**
 * A new memory that threads can share, and that can grow to so many pages.
 *
 * @throws whatever the host throws where it has none, or no room for as many addresses.
 */
export function createSharedMemory(pages: number, maximum: number): Memory {
  return new (api().Memory)({ initial: pages, maximum, shared: true });
}

/**
 * Compiles a module and links it with a memory, and with functions by their names.
 *
 * @throws whatever the host throws where WebAssembly is missing, forbidden by a content security policy, or the bytes
 *   are not valid to it (no SIMD).
 */
export function instantiate<Functions extends object>(
  bytes: Uint8Array,
  memory: Memory,
  functions: object = {},
): Functions {
  const { Module, Instance } = api();
  return new Instance(new Module(bytes), { env: { ...functions, memory } }).exports as Functions;
}

/** The host's clock in milliseconds. */
export function now(): number {
  return (globalThis as unknown as { performance: { now(): number } }).performance.now();
}
