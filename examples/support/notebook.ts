/**
 * Notebooks as programs: the cells of an .ipynb file run in their order, each with what it shows of its last value.
 */
import { createRequire } from "node:module";

/** A cell as the file has it. */
export interface Cell {
  readonly cell_type: "code" | "markdown";
  readonly source: readonly string[];
  execution_count?: number | null;
  outputs?: Output[];
}

/** What a cell shows of its last value, by media type. */
export interface Output {
  readonly output_type: "execute_result";
  readonly execution_count: number;
  readonly metadata: object;
  readonly data: Readonly<Record<string, readonly string[]>>;
}

/** A notebook file of format 4. */
export interface Notebook {
  readonly cells: readonly Cell[];
  readonly nbformat: number;
}

/** What kernels ask an object for. */
const display = Symbol.for("Jupyter.display");

/**
 * The code cells as one module, which exports `show(cell, value)`'s calls in place of last values.
 *
 * The last value is that of the longest end of a cell that is an expression.
 */
export function programOf(cells: readonly Cell[]): string {
  const code = cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => source.join(""));
  const bodies = code.map((text, i) => {
    const lines = text.split("\n");
    const at = lines.findIndex((_, line) => isExpression(lines.slice(line).join("\n")));
    if (at < 0) return text;
    const expression = lines.slice(at).join("\n").replace(/;\s*$/, "");
    return `${lines.slice(0, at).join("\n")}\nawait __show(${i}, (${expression}));`;
  });
  return `const __shown: unknown[] = [];\nconst __show = async (cell: number, value: unknown) => { __shown[cell] = await value; };\n${bodies.join("\n")}\nexport default __shown;\n`;
}

function isExpression(text: string): boolean {
  try {
    // Read, and never run.
    new (Object.getPrototypeOf(async () => {}).constructor)(`return (${text.replace(/;\s*$/, "")}\n)`);
    return text.trim() !== "";
  } catch {
    return false;
  }
}

/** What a kernel puts into the file for a value: what it shows of itself, else its text. */
export async function outputOf(value: unknown, count: number): Promise<Output[]> {
  if (value === undefined) return [];
  const show = (value as { [display]?: () => unknown } | null)?.[display];
  const { inspect } = createRequire(import.meta.url)("node:util") as typeof import("node:util");
  const bundle = typeof show === "function" ? await show.call(value) : { "text/plain": inspect(value) };
  const data = Object.entries(bundle as Record<string, string>).map(([type, text]) => [type, linesOf(text)]);
  return [{ output_type: "execute_result", execution_count: count, metadata: {}, data: Object.fromEntries(data) }];
}

const linesOf = (text: string) => text.split(/(?<=\n)/);
