/**
 * Functions and classes in Python that generated programs use: each with those that it needs.
 */

/** A piece of a program, and the names of those that must stand before it. */
export interface Helper {
  readonly needs: readonly string[];
  readonly code: string;
}

/** Pieces by name. */
export type Helpers = Readonly<Record<string, Helper>>;

/** The helpers of these names and all that they need, as one text; each before those that use it. */
export function helperCode(helpers: Helpers, names: Iterable<string>): string {
  const wanted = new Set<string>();
  const visit = (name: string) => {
    if (wanted.has(name)) return;
    for (const needed of helpers[name].needs) visit(needed);
    wanted.add(name);
  };
  for (const name of [...names].sort()) visit(name);
  return [...wanted].map((name) => `${helpers[name].code}\n`).join("\n");
}
