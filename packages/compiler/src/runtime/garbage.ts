/**
 * Tells the garbage collector of work that it does not see.
 *
 * Engines collect when what they know of has grown. They are patient with small objects that hold large arrays, and
 * count neither the numbers in WebAssembly's memory nor machine code, so that a loop that makes one model after another
 * lets much garbage lie before they look. There is no way to tell them but one: an ArrayBuffer is counted by its length
 * as soon as it is there, while it takes no memory as long as nobody writes to it.
 */

/** So many bytes that may be garbage bring the collector. */
const patience = 2 ** 23;
/** Engines look when about so many bytes have come since they last did. */
const enoughToLook = 2 ** 26;

let suspected = 0;

/** Notes that so many bytes may have become garbage, and makes the collector look where that adds up. */
export function suspectGarbage(bytes: number): void {
  suspected += bytes;
  if (suspected < patience) return;
  suspected = 0;
  try {
    new ArrayBuffer(enoughToLook);
  } catch {
    // A host that is so short of memory collects by itself.
  }
}
