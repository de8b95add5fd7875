/**
 * The summary of a model: a table of its layers, as Keras prints it.
 */
import type { Parameter } from "@chainrule/core";
import { checkFunction, checkOptions } from "@chainrule/core/internal";
import { Layer } from "../layers/layer.ts";
import { type BatchShape, formatBatchShape } from "../module/batch-shape.ts";
import type { Module } from "../module/module.ts";
import { optionNames } from "../option-names.ts";
import { alignColumns } from "../text-table.ts";

/** Where the table of a model's layers is printed. */
export interface SummaryOptions {
  /** What prints the table; console.log by default. */
  print?: (text: string) => void;
}

/** A part of a model, as the table shows it. */
export interface SummaryRow {
  readonly name: string;
  /** What it is: its class. */
  readonly type: string;
  /** Null where they have not been made yet. */
  readonly parameters: number | null;
  /** The shapes of its outputs; none where they are not known yet. */
  readonly shapes: readonly BatchShape[];
  /** What its inputs come from; undefined in models that are no graph. */
  readonly connectedTo?: string;
}

/** The row of a module; its shape may not be known. */
export function rowOf(name: string, module: Module<unknown>, shape: BatchShape | null): SummaryRow {
  return {
    name,
    type: module.constructor.name,
    parameters: module.modules().some(({ lacksWeights }) => lacksWeights) ? null : module.countParameters().total,
    shapes: shape ? [shape] : [],
  };
}

/** Models that know the rows of their own table. */
interface HasSummaryRows extends Module<unknown> {
  summaryRows(): SummaryRow[];
}

/** The table of a model's layers, and what stands below it. */
export interface SummaryTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** What a summary shows, cell by cell. */
export function summaryTable(model: Module<unknown>): SummaryTable {
  const rows = "summaryRows" in model ? (model as HasSummaryRows).summaryRows() : rowsOfSubmodules(model);
  const isGraph = rows.some(({ connectedTo }) => connectedTo !== undefined);
  const cells = rows.map(({ name, type, parameters, shapes, connectedTo = "" }) => [
    `${name} (${type})`,
    shapes.map(formatBatchShape).join(", ") || "?",
    parameters === null ? "not made yet" : formatCount(parameters),
    ...(isGraph ? [connectedTo || "-"] : []),
  ]);
  const head = ["Layer (type)", "Output Shape", "Param #", ...(isGraph ? ["Connected to"] : [])];
  const isUnmade = rows.some(({ parameters }) => parameters === null);
  const unmade =
    " Weights are made when the shape of the input is known: say inputDim or inputShape of the first layer.";
  return { head, rows: cells, notes: [...totals(model), ...(isUnmade ? [unmade] : [])] };
}

/** The table, printed and returned. */
export function summaryOf(model: Module<unknown>, options: SummaryOptions): string {
  checkOptions("summary", options, optionNames<SummaryOptions>({ print: true }));
  const { print = console.log } = options;
  checkFunction("summary", print, "a function that prints a text as print");
  const { head, rows, notes } = summaryTable(model);
  const text = [`Model: "${model.name}"`, ...table(head, rows), ...notes];
  const joined = text.join("\n");
  print(joined);
  return joined;
}

/** A row for each of the outermost modules within a model, by the property that holds it. */
function rowsOfSubmodules(model: Module<unknown>): SummaryRow[] {
  const paths: string[] = [];
  const rows: SummaryRow[] = [];
  for (const [path, module] of model.namedModules()) {
    if (path === "" || paths.some((outer) => path.startsWith(`${outer}.`))) continue;
    paths.push(path);
    const shape =
      module instanceof Layer && module.built && module.assumedShape ? module.outputShape(module.assumedShape) : null;
    rows.push(rowOf(path, module, shape));
  }
  return rows;
}

function totals(model: Module<unknown>): string[] {
  const all = [...model.namedParameters().values(), ...model.buffers()];
  const trainable = all.filter((parameter) => parameter.requiresGrad);
  const frozen = all.filter((parameter) => !parameter.requiresGrad);
  const line = (what: string, parameters: readonly Parameter[]) => {
    const [count, bytes] = [sum(parameters, (p) => p.size), sum(parameters, (p) => p.storage.byteLength)];
    return ` ${what} params: ${formatCount(count)} (${formatBytes(bytes)})`;
  };
  return [line("Total", all), line("Trainable", trainable), line("Non-trainable", frozen)];
}

function sum(parameters: readonly Parameter[], of: (parameter: Parameter) => number): number {
  return parameters.reduce((total, parameter) => total + of(parameter), 0);
}

/** The column of numbers, which is aligned to the right. */
const parametersColumn = 2;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const [titles, ...cells] = alignColumns([head, ...rows], (column) => column === parametersColumn);
  const line = (row: readonly string[]) => `│ ${row.join(" │ ")} │`;
  const rule = (left: string, middle: string, right: string) =>
    left + titles.map((title) => "─".repeat(title.length + 2)).join(middle) + right;
  return [rule("┌", "┬", "┐"), line(titles), rule("├", "┼", "┤"), ...cells.map(line), rule("└", "┴", "┘")];
}

/** 101770 as 101,770. */
function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(2)} ${units[power]}`;
}
