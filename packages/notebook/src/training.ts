/**
 * Models and trainings in notebooks.
 */
import type { History, LearningRateFindings, Module } from "@chainrule/nn";
import { type Findings, summaryTable } from "@chainrule/nn/internal";
import { lineChartSvg } from "@chainrule/viz";
import { escapeXml } from "@chainrule/viz/internal";
import type { DisplayBundle } from "./bundle.ts";
import { ends, htmlLine, htmlTable, short } from "./html.ts";

/** More epochs than this are abbreviated. */
const mostEpochs = 10;
const size = { width: 440, height: 240 } as const;

/** The table of layers. */
export function moduleBundle(module: Module<unknown>): DisplayBundle {
  const plain = String(module);
  const { head, rows, notes } = summaryTable(module);
  const title = htmlLine(`${module.constructor.name} "${module.name}"`);
  const table = rows.length > 0 ? htmlTable(head, rows) : "";
  return { "text/html": [title, table, ...notes.map((note) => htmlLine(note.trim()))].join("\n"), "text/plain": plain };
}

/** The curves, each number with that of the validation data, and the table of epochs. */
export function historyBundle({ history, epochs, stopReason }: History): DisplayBundle {
  const names = Object.keys(history);
  const count = epochs.length;
  const head = ["epoch", ...names];
  const shown = ends(count, mostEpochs);
  const at = (name: string, i: number) => (i in history[name] ? short(history[name][i]) : "");
  const rows = shown.map((i) =>
    i < 0 ? head.map(() => "…") : [String(epochs[i] + 1), ...names.map((name) => at(name, i))],
  );
  const note = stopReason === null ? [] : [htmlLine(`It ended before its last epoch: ${stopReason}.`)];
  const plain = [head, ...rows].map((row) => row.join("\t")).join("\n");
  const html = [...curves(history, epochs), htmlTable(head, rows), ...note];
  return { "text/html": html.join("\n"), "text/plain": count === 0 ? "a history of no epochs" : plain };
}

function curves(history: Readonly<Record<string, readonly number[]>>, epochs: readonly number[]): string[] {
  if (epochs.length < 2) return [];
  const bases = [...new Set(Object.keys(history).map((name) => name.replace(/^val_/, "")))];
  return bases.flatMap((base) => {
    const names = [base, `val_${base}`].filter((name) => history[name]?.some(Number.isFinite));
    if (names.length === 0) return [];
    const series = Object.fromEntries(
      names.map((name) => [name, history[name].map((value, i) => [epochs[i] + 1, value] as [number, number])]),
    );
    return [`<div>${lineChartSvg(series, { xLabel: "epoch", title: base, ...size })}</div>`];
  });
}

/** The curve of the range test, and what it suggests. */
export function ratesBundle(found: LearningRateFindings): DisplayBundle {
  const chart = lineChartSvg(found.curve, { xScale: "log", xLabel: "learning rate", yLabel: "loss", ...size });
  const lines = String(found).split("\n").map(htmlLine);
  return { "text/html": [`<div>${chart}</div>`, ...lines].join("\n"), "text/plain": String(found) };
}

/** What was found wrong, each with its evidence and what to do. */
export function findingsBundle(findings: Findings): DisplayBundle {
  const items = Array.from(findings, ({ rule, evidence, explanation, fix, layer, line }) => {
    const place = [layer, line].filter(Boolean).join(", at ");
    const title = `<b>${escapeXml(rule)}</b>${place ? `, ${escapeXml(place)}` : ""}`;
    return `<li>${title}${[evidence, explanation, `Fix: ${fix}`].map(htmlLine).join("")}</li>`;
  });
  const html = items.length > 0 ? `<ul>${items.join("\n")}</ul>` : htmlLine("nothing found");
  return { "text/html": html, "text/plain": String(findings) };
}
