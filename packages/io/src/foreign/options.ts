/**
 * What readers of other frameworks' weights may be told, and the files that they are given by mistake.
 */
import { DataError, OptionError } from "@chainrule/core";
import { checkOptions, describe, didYouMean } from "@chainrule/core/internal";

/** How weights find their layers. */
export interface ForeignOptions {
  /**
   * Where the weights of layers are that order and names do not find: the file's names of layers, by the names of ours
   * (or the paths to them), as in `{ dense: "encoder.fc1" }`.
   */
  layers?: Readonly<Record<string, string>>;
  /** Names of tensors or layers in the file that are not wanted. */
  ignore?: readonly string[];
  /** Whether to load what fits, and leave the rest as it is; false by default. */
  partial?: boolean;
}

/** @throws OptionError for options that are not known, or not what they should be. */
export function checkForeignOptions(where: string, options: ForeignOptions, more: readonly string[]): void {
  checkOptions(where, options, ["layers", "ignore", "partial", ...more]);
  const { layers, ignore, partial } = options;
  if (layers !== undefined) checkOptions(`${where}, layers`, layers, Object.keys(layers ?? {}));
  const areNames = Array.isArray(ignore) && ignore.every((name) => typeof name === "string");
  if (ignore !== undefined && !areNames)
    throw new OptionError({ where, expected: "ignore as a list of names", got: describe(ignore) });
  if (partial !== undefined && typeof partial !== "boolean")
    throw new OptionError({ where, expected: "partial true or false", got: describe(partial) });
}

/** Which of a file's tensors are wanted, and whether all names that are not have been there. */
export class Ignored {
  readonly #where: string;
  readonly #unseen: Set<string>;
  readonly #names: readonly string[];
  readonly #alsoNot: RegExp;
  readonly #some: string[] = [];

  /** @param alsoNot what is never wanted. */
  constructor(where: string, names: readonly string[] = [], alsoNot: RegExp) {
    this.#where = where;
    this.#names = names;
    this.#unseen = new Set(names);
    this.#alsoNot = alsoNot;
  }

  /** Whether a tensor is wanted: neither it nor a module that it is in is to be ignored. */
  readonly isWanted = (name: string): boolean => {
    if (this.#some.length < 20) this.#some.push(name);
    const isIn = (module: string) => name === module || name.startsWith(`${module}.`) || name.startsWith(`${module}/`);
    const found = this.#names.filter(isIn);
    for (const module of found) this.#unseen.delete(module);
    return found.length === 0 && !this.#alsoNot.test(name);
  };

  /** @throws OptionError for names that the file did not have. */
  check(): void {
    for (const unknown of this.#unseen)
      throw new OptionError({
        where: `${this.#where}, ignore`,
        expected: "names in the file",
        got: `"${unknown}"`,
        hint: didYouMean(unknown, this.#some),
      });
  }
}

/** How a file begins, what it is, and what to do with it. */
const otherFormats: readonly (readonly [start: string, what: string, python: string])[] = [
  [
    "PK\x03\x04",
    "a file of torch.save",
    "from safetensors.torch import save_file; save_file(model.state_dict(), path)",
  ],
  ["\x80", "a pickle", "from safetensors.torch import save_file; save_file(model.state_dict(), path)"],
  ["\x89HDF", "an HDF5 file", "numpy.savez(path, **{w.path: w.numpy() for w in model.weights})"],
];

/**
 * @param taken how those files begin that are read here.
 * @throws DataError for the files that frameworks write by themselves, with how to write another.
 */
export function refuseOtherFormats(where: string, bytes: Uint8Array, expected: string, taken: readonly string[]): void {
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  const other = otherFormats.find(([first]) => !taken.includes(first) && start.startsWith(first));
  if (other) throw new DataError({ where, expected, got: other[1], hint: `In Python: ${other[2]}` });
}
