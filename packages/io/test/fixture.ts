/**
 * The files that Python made: see `fixtures/make.py`.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of a fixture. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** The bytes of a fixture. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fixturePath(name)));
}

/** The message of the error that `f` throws. */
export function messageOf(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}
