/**
 * What an object holds in plain properties: numbers, strings, truth values and what else a function may go by, directly or
 * in arrays, records, maps and sets. Getters, private fields and what is in closures cannot be seen from outside.
 */
import { Parameter, Tensor } from "@chainrule/core";

/** Something that decided what was traced, and its value then. */
export interface Dependency {
  readonly owner: object;
  /** What it is called in messages: `phase of Warmup`. */
  readonly name: string;
  readonly read: () => unknown;
  /** What it was just before it could matter. */
  readonly value: unknown;
  /** Puts the value back, where it is now a tensor of a trace, of which nobody outside can make anything. */
  restore?(): void;
}

/** Deeper than this, and more than so many in one array, or of one owner, is data, of which the identity counts. */
const deepest = 4;
const longest = 64;
const most = 256;

/** Stands for tensors of a trace, which is another one at each. */
const traced = Symbol("a tensor of a trace");

/** What a module finds out by itself, and does not go by once it has. */
const ownAffairs: ReadonlySet<string> = new Set(["built", "inputShape"]);

/** Every plain property within the owner, as something that can be looked at again. */
export function plainState(owner: object): Dependency[] {
  const found: Dependency[] = [];
  const title = (typeof owner === "function" ? owner.name : owner.constructor?.name) || "an object";
  const seen = new Set<object>([owner]);
  const visit = (holder: object, path: readonly unknown[]): void => {
    const here = path.length === 0 ? () => owner : readerOf(owner, path);
    note(`the number of properties of ${[title, ...path].join(".")}`, () => sizeOf(here()));
    for (const key of keysOf(holder)) {
      if (found.length >= most) return;
      if (path.length === 0 && ownAffairs.has(key as string)) continue;
      const value = step(holder, key);
      const inner = [...path, key];
      if (path.length + 1 < deepest && isHolder(value) && !seen.has(value) && sizeOf(value) <= longest) {
        seen.add(value);
        visit(value, inner);
      } else {
        const read = readerOf(owner, inner);
        if (path.length > 0) note(`${inner.map(String).join(".")} of ${title}`, () => leaf(read()));
        else
          note(
            `${String(key)} of ${title}`,
            () => leaf(read()),
            () => {
              if (leaf(read()) === traced) (owner as Record<string, unknown>)[key as string] = value;
            },
          );
      }
    }
  };
  const note = (name: string, read: () => unknown, restore?: () => void) =>
    found.push({ owner, name, read, value: read(), restore });
  visit(owner, []);
  return found;
}

/** What reads the value at a path, at every call of a compiled function. Most paths are a property of the owner. */
function readerOf(owner: object, path: readonly unknown[]): () => unknown {
  if (path.length === 1 && !(owner instanceof Map || owner instanceof Set)) {
    const key = path[0] as string;
    return () => (owner as Record<string, unknown>)[key];
  }
  return () => {
    let x: unknown = owner;
    for (let i = 0; i < path.length; i++) x = step(x, path[i]);
    return x;
  };
}

function step(x: unknown, key: unknown): unknown {
  if ((typeof x !== "object" && typeof x !== "function") || x === null) return undefined;
  if (x instanceof Map) return x.get(key);
  if (x instanceof Set) return x.has(key);
  return (x as Record<string, unknown>)[key as string];
}

function leaf(x: unknown): unknown {
  if (typeof x !== "object") return x;
  return x instanceof Tensor && !(x instanceof Parameter) && x.traced !== null ? traced : x;
}

function keysOf(x: object): unknown[] {
  if (x instanceof Map || x instanceof Set) return [...x.keys()];
  return Object.keys(x).filter((key) => !Object.getOwnPropertyDescriptor(x, key)?.get);
}

/** How many things it holds. */
function sizeOf(x: unknown): number {
  if ((typeof x !== "object" && typeof x !== "function") || x === null) return -1;
  if (x instanceof Map || x instanceof Set) return x.size;
  if (Array.isArray(x) || ArrayBuffer.isView(x)) return (x as unknown as ArrayLike<unknown>).length ?? -1;
  let count = 0;
  for (const _key in x) count++;
  return count;
}

/** Whether what counts is what it holds. Tensors and parameters count as they are, and modules speak for themselves. */
function isHolder(x: unknown): x is object {
  if (typeof x !== "object" || x === null || x instanceof Tensor || "namedModules" in x) return false;
  if (Array.isArray(x) || x instanceof Map || x instanceof Set || ArrayBuffer.isView(x)) return true;
  // Objects of classes of the user's; those of the engine, such as dates, have no properties.
  return Object.keys(x).length > 0;
}
