/**
 * The names of another framework's tensors as the tree of modules that they say: what is in which.
 */

interface Node {
  readonly modules: Map<string, Node>;
  readonly tensors: string[];
}

/** So many modules within modules are told apart; a name with more is one of a tensor from there on. */
const maxDepth = 64;

/** Tensors of another framework by names that say which module has which. */
export class Names {
  readonly #root: Node = { modules: new Map(), tensors: [] };
  readonly #separator: string;

  constructor(all: readonly string[], separator: string) {
    this.#separator = separator;
    for (const name of all) this.#add(name);
  }

  #add(name: string): void {
    let node = this.#root;
    let start = 0;
    for (let depth = 0; depth < maxDepth; depth++) {
      const end = name.indexOf(this.#separator, start);
      if (end < 0) break;
      const part = name.slice(start, end);
      const inner = node.modules.get(part) ?? { modules: new Map(), tensors: [] };
      node.modules.set(part, inner);
      node = inner;
      start = end + this.#separator.length;
    }
    node.tensors.push(name.slice(start));
  }

  #find(module: string): Node | undefined {
    let node: Node | undefined = this.#root;
    if (module !== "") for (const part of module.split(this.#separator)) node = node?.modules.get(part);
    return node;
  }

  /** A module's name and that of one of its parts. */
  join(module: string, part: string): string {
    return module === "" || part === "" ? module + part : module + this.#separator + part;
  }

  /** Whether there are tensors in the module. */
  has(module: string): boolean {
    return this.#find(module) !== undefined;
  }

  /** What a module has in it, in order: modules by their names within it, and tensors. */
  partsOf(module: string): { readonly modules: readonly string[]; readonly tensors: readonly string[] } {
    const { modules, tensors } = this.#find(module) ?? { modules: new Map(), tensors: [] };
    return { modules: [...modules.keys()], tensors };
  }
}
