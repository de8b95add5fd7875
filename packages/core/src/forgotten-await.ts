/**
 * What trains or reads files returns a promise: who forgets `await` is told, instead of reading `undefined`.
 */
import { ModelError } from "./errors.ts";

/**
 * The promise itself, of which reading what its result has is an error that says `await`, and which a console shows so.
 *
 * @param call how it is written, with its arguments left out.
 * @param names what the result has, and who forgot `await` would read.
 */
export function withAwaitHint<T>(call: string, promise: Promise<T>, names: readonly string[]): Promise<T> {
  const where = call.replace(/^.*\.|\(.*$/g, "");
  const hint = `Write await ${call}.`;
  for (const name of names)
    Object.defineProperty(promise, name, {
      configurable: true,
      get() {
        // This error is the one that is told: what becomes of the promise need not end the process.
        promise.catch(() => {});
        throw new ModelError({ where, expected: `a result, to read its ${name}`, got: "a promise of one", hint });
      },
    });
  Object.defineProperty(promise, Symbol.for("nodejs.util.inspect.custom"), {
    configurable: true,
    value: () => `Promise { the result of ${where} } ${hint}`,
  });
  return promise;
}
