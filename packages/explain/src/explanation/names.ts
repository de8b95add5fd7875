/**
 * What texts call the tensors and values of a computation.
 */

/** What is known of a node's name. */
export interface Nameless {
  /** The name that it was given; empty where there is none. */
  readonly label: string;
  /** A plain number in the program, which is its own name. */
  readonly constant?: number;
}

/** The names given, made unique; constants are their number, the others v1, v2, … in order. */
export function uniqueNames(nodes: readonly Nameless[]): string[] {
  const taken = new Set(nodes.map(({ label }) => label));
  const given = new Set<string>();
  let count = 0;
  return nodes.map(({ label, constant }) => {
    if (constant !== undefined && !label) return six(constant);
    let name = label;
    for (let copy = 2; name && given.has(name); copy++) name = `${label}#${copy}`;
    while (!name || (!label && taken.has(name))) name = `v${++count}`;
    given.add(name);
    return name;
  });
}

/** A number in six digits. */
export function six(x: number): string {
  return String(Number(x.toPrecision(6)));
}

/** A number inside a sum or a product. */
export function term(x: number): string {
  return x < 0 ? `(${six(x)})` : six(x);
}
