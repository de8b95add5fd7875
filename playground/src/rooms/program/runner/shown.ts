/**
 * What `show` and `console.log` make of a value: text, or what notebooks would show of it.
 */
import { formatted } from "./inspect.ts";
import { cut, type Item, type Level, limits } from "./output.ts";

const jupyter = Symbol.for("Jupyter.display");
const escapes = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g");

/** A line of the console; a drawing by itself is a picture. */
export function logged(values: readonly unknown[], level: Level): Item[] {
  if (values.length === 1 && isDrawing(values[0])) return shown(values);
  return [asText(formatted(values), level)];
}

/** Each value as the richest that there is of it. */
export function shown(values: readonly unknown[]): Item[] {
  return values.flatMap((value) => {
    if (typeof value === "string") return [ofText(value)];
    const bundleOf = (value as { [jupyter]?: unknown } | null | undefined)?.[jupyter];
    if (typeof bundleOf !== "function") return [asText(formatted([value]), "log")];
    return ofBundle(bundleOf.call(value), String(value));
  });
}

/** Drawings are strings, or what `display` makes of several. */
function isDrawing(value: unknown): boolean {
  if (typeof value === "string") return isSvg(value) || isPage(value);
  const prototype: unknown = typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : null;
  return prototype === Object.prototype && typeof (value as { [jupyter]?: unknown })[jupyter] === "function";
}

function ofBundle(bundle: Readonly<Record<string, string>>, text: string): Item[] {
  const svg = bundle["image/svg+xml"];
  if (svg) return [ofText(svg)];
  const html = bundle["text/html"];
  // Several drawings, or a page, are the texts that `display` was given.
  if (html?.includes("<iframe")) return [ofText(text)];
  if (html && html.length <= limits.drawingLength) return [{ kind: "html", text: html }];
  return [asText(bundle["text/plain"] ?? text, "log")];
}

function ofText(text: string): Item {
  const isLong = text.length > limits.drawingLength;
  if (isSvg(text) && !isLong) return { kind: "svg", text };
  if (isPage(text) && !isLong) return { kind: "page", text };
  return asText(text, "log");
}

const isSvg = (text: string) => /^\s*<svg[\s>]/.test(text) && text.trimEnd().endsWith("</svg>");
const isPage = (text: string) => /^\s*<!doctype html>/i.test(text);
const asText = (text: string, level: Level): Item => ({ kind: "text", level, text: cut(text.replace(escapes, "")) });
