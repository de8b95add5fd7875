/**
 * How a module looks in the console: a line for each part, with the shapes of the weights and state that it holds.
 */
import type { Parameter } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";

/** A module, as far as printing it goes. */
interface Printable {
  namedModules(): (readonly [path: string, module: object])[];
  namedParameters(): ReadonlyMap<string, Parameter>;
  namedBuffers(): ReadonlyMap<string, Parameter>;
}

/**
 * The module and all within it as an indented list.
 *
 * @example
 * String(new Sequential([new Linear(4, 16), new Linear(16, 3)]));
 * // Sequential
 * //   layers.0: Linear, weight [16, 4], bias [16]
 * //   layers.1: Linear, weight [3, 16], bias [3]
 */
export function formatModule(module: Printable): string {
  const parts = module.namedModules();
  const paths = parts.map(([path]) => path);
  const ownerOf = (name: string) => longest(paths.filter((path) => path === "" || name.startsWith(`${path}.`)));
  const held = [...module.namedParameters(), ...module.namedBuffers()].map(([name, { shape }]) => ({ name, shape }));
  const lines = parts.map(([path, part]) => {
    const own = held.filter(({ name }) => ownerOf(name) === path);
    const shapes = own.map(({ name, shape }) => `${after(name, path)} ${formatShape(shape)}`);
    const outer = longest(paths.filter((other) => other !== path && (other === "" || path.startsWith(`${other}.`))));
    const depth = path === "" ? 0 : 1 + depthOf(outer ?? "", paths);
    const label = path === "" ? "" : `${after(path, outer ?? "")}: `;
    return `${"  ".repeat(depth)}${label}${[part.constructor.name, ...shapes].join(", ")}`;
  });
  return lines.join("\n");
}

function longest(paths: readonly string[]): string | undefined {
  return paths.reduce<string | undefined>(
    (best, path) => (path.length >= (best?.length ?? 0) ? path : best),
    undefined,
  );
}

/** How many modules a module lies within. */
function depthOf(path: string, paths: readonly string[]): number {
  return path === "" ? 0 : paths.filter((other) => other === "" || path.startsWith(`${other}.`)).length;
}

/** The rest of a path within another. */
function after(path: string, outer: string): string {
  return outer === "" ? path : path.slice(outer.length + 1);
}
