/**
 * The names of another framework's tensors as the tree of modules that they say: what is in which.
 */

/** Tensors of another framework by names that say which module has which. */
export class Names {
  readonly #all: readonly string[];
  readonly #separator: string;

  constructor(all: readonly string[], separator: string) {
    this.#all = all;
    this.#separator = separator;
  }

  /** All of them, in their order. */
  get all(): readonly string[] {
    return this.#all;
  }

  /** A module's name and that of one of its parts. */
  join(module: string, part: string): string {
    return module === "" || part === "" ? module + part : module + this.#separator + part;
  }

  /** Whether there are tensors in the module. */
  has(module: string): boolean {
    return module === "" ? this.#all.length > 0 : this.#all.some((name) => name.startsWith(module + this.#separator));
  }

  /** What a module has in it, in order: modules by their names within it, and tensors. */
  partsOf(module: string): { readonly modules: readonly string[]; readonly tensors: readonly string[] } {
    const start = module === "" ? "" : module + this.#separator;
    const modules = new Set<string>();
    const tensors: string[] = [];
    for (const name of this.#all) {
      if (!name.startsWith(start)) continue;
      const [first, ...rest] = name.slice(start.length).split(this.#separator);
      if (rest.length > 0) modules.add(first);
      else tensors.push(first);
    }
    return { modules: [...modules], tensors };
  }
}
