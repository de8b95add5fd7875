/**
 * Running a program without leaving a trace of it.
 */
import { undone } from "@chainrule/core/internal";
import type { Module } from "./module.ts";

/**
 * Runs `f`, and undoes all that it changed: parameters, buffers, gradients, random numbers, what `everyRun` did, and the
 * properties of the modules, such as the weights of layers that it built.
 */
export function trial<T>(model: Module<unknown> | null, f: () => T): T {
  const restore = model ? noteProperties(model.modules()) : () => {};
  try {
    return undone(f);
  } finally {
    restore();
  }
}

/** Notes the properties of objects, and the entries of lists in them; returns what puts them back. */
function noteProperties(owners: readonly object[]): () => void {
  const noted = owners.map((owner) => [owner, Object.getOwnPropertyDescriptors(owner)] as const);
  const lists = noted.flatMap(([, properties]) =>
    Object.values(properties).flatMap(({ value }) => (Array.isArray(value) ? [[value, [...value]] as const] : [])),
  );
  return () => {
    for (const [owner, before] of noted) {
      for (const key of Reflect.ownKeys(owner)) if (!Object.hasOwn(before, key)) Reflect.deleteProperty(owner, key);
      for (const key of Reflect.ownKeys(before)) {
        const descriptor = (before as Record<PropertyKey, PropertyDescriptor>)[key];
        const isSame = Object.is((owner as Record<PropertyKey, unknown>)[key], descriptor.value);
        if (descriptor.writable && !isSame) Object.defineProperty(owner, key, descriptor);
      }
    }
    for (const [list, before] of lists) if (!Object.isFrozen(list)) list.splice(0, list.length, ...before);
  };
}
