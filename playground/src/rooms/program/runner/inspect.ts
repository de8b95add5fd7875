/**
 * Values as a console writes them, in the manner of Node: what prints itself does so.
 */

const custom = Symbol.for("nodejs.util.inspect.custom");

/** Longer lines are broken. */
const lineLength = 76;
/** More entries than these are counted only. */
const mostEntries = 100;
/** What lies deeper is named only. */
const deepest = 3;

/** What `console.log` is given, as one text: with `%s`, `%d`, `%i`, `%f`, `%j`, `%o` and `%O` filled in. */
export function formatted(values: readonly unknown[]): string {
  let rest = [...values];
  const parts: string[] = [];
  if (typeof rest[0] === "string" && rest.length > 1 && rest[0].includes("%")) {
    const [pattern, ...given] = rest as [string, ...unknown[]];
    let used = 0;
    parts.push(
      pattern.replace(/%([sdifjoOc%])/g, (whole, kind: string) => {
        if (kind === "%") return "%";
        if (used >= given.length) return whole;
        return placed(kind, given[used++]);
      }),
    );
    rest = given.slice(used);
  }
  for (const value of rest) parts.push(typeof value === "string" ? value : inspected(value));
  return parts.join(" ");
}

function placed(kind: string, value: unknown): string {
  if (kind === "c") return "";
  if (kind === "s") return typeof value === "string" ? value : inspected(value);
  if (kind === "d") return String(Number(value));
  if (kind === "i") return String(Math.trunc(Number(value)));
  if (kind === "f") return String(Number.parseFloat(String(value)));
  return kind === "j" ? (JSON.stringify(value) ?? "undefined") : inspected(value);
}

/** A value as it would be written in code, or as it says itself. */
export function inspected(value: unknown, depth = 0, within: readonly object[] = []): string {
  if (typeof value === "string") return quoted(value);
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return functionName(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (within.includes(value)) return "[Circular]";
  const own = (value as { [custom]?: unknown })[custom];
  if (typeof own === "function") {
    const said: unknown = own.call(value, deepest - depth, {});
    return typeof said === "string" ? said : inspected(said, depth, [...within, value]);
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return "Promise { … }: await it";
  const name = nameOf(value);
  if (depth > deepest) return Array.isArray(value) ? "[Array]" : `[${name || "Object"}]`;
  const deeper = (part: unknown) => inspected(part, depth + 1, [...within, value]);
  return ofParts(value, name, deeper);
}

function ofParts(value: object, name: string, deeper: (part: unknown) => string): string {
  if (Array.isArray(value))
    return enclosed(name === "Array" ? "" : `${name}(${value.length}) `, "[]", items(value, deeper));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const numbers = value as unknown as ArrayLike<unknown>;
    return enclosed(`${name}(${numbers.length}) `, "[]", items(numbers, deeper));
  }
  if (value instanceof Map) {
    const entries = [...value].slice(0, mostEntries).map(([key, part]) => `${deeper(key)} => ${deeper(part)}`);
    return enclosed(`Map(${value.size}) `, "{}", [...entries, ...left(value.size)]);
  }
  if (value instanceof Set) {
    const entries = [...value].slice(0, mostEntries).map(deeper);
    return enclosed(`Set(${value.size}) `, "{}", [...entries, ...left(value.size)]);
  }
  const keys = Object.keys(value);
  const entries = keys.slice(0, mostEntries).map((key) => {
    const getter = Object.getOwnPropertyDescriptor(value, key)?.get;
    const part = getter ? "[Getter]" : deeper((value as Record<string, unknown>)[key]);
    return `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key)}: ${part}`;
  });
  return enclosed(name === "Object" ? "" : `${name || "[Object: null prototype]"} `, "{}", [
    ...entries,
    ...left(keys.length),
  ]);
}

function items(list: ArrayLike<unknown>, deeper: (part: unknown) => string): string[] {
  const shown = Array.from({ length: Math.min(list.length, mostEntries) }, (_, i) => deeper(list[i]));
  return [...shown, ...left(list.length)];
}

function left(count: number): string[] {
  return count > mostEntries ? [`… ${count - mostEntries} more`] : [];
}

function enclosed(start: string, [open, close]: string, parts: readonly string[]): string {
  if (parts.length === 0) return `${start}${open}${close}`;
  const line = `${start}${open} ${parts.join(", ")} ${close}`;
  if (line.length <= lineLength && !line.includes("\n")) return line;
  return `${start}${open}\n${filled(parts)
    .map((text) => `  ${text.replaceAll("\n", "\n  ")}`)
    .join(",\n")}\n${close}`;
}

/** Short parts share lines. */
function filled(parts: readonly string[]): string[] {
  if (parts.some((part) => part.length > 14 || part.includes("\n"))) return [...parts];
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 4 <= lineLength) lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines;
}

function quoted(text: string): string {
  const mark = ["'", '"', "`"].find((candidate) => !text.includes(candidate)) ?? "'";
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return `${mark}${mark === "'" ? escaped.replaceAll("'", "\\'") : escaped}${mark}`;
}

function functionName(value: { readonly name: string }): string {
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  return isClass
    ? `[class ${value.name || "(anonymous)"}]`
    : `[Function${value.name ? `: ${value.name}` : " (anonymous)"}]`;
}

function nameOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return "";
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" ? name : "Object";
}

/** `console.table`: the rows and columns of an array of objects or arrays. */
export function tabulated(data: unknown): string {
  if (typeof data !== "object" || data === null) return formatted([data]);
  const rows = Object.entries(data as Record<string, unknown>).slice(0, mostEntries);
  const columns = [...new Set(rows.flatMap(([, row]) => (isRow(row) ? Object.keys(row) : [])))];
  const hasValues = rows.some(([, row]) => !isRow(row));
  const head = ["", ...columns, ...(hasValues ? ["value"] : [])];
  const lines = rows.map(([index, row]) => [
    index,
    ...columns.map((key) => (isRow(row) && Object.hasOwn(row, key) ? inspected(row[key], 2) : "")),
    ...(hasValues ? [isRow(row) ? "" : inspected(row, 2)] : []),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => line[i].length)));
  return [head, widths.map((width) => "─".repeat(width)), ...lines]
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const isRow = (row: unknown): row is Record<string, unknown> =>
  typeof row === "object" && row !== null && !(custom in row);
