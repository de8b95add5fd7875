import { describe, expect, it } from "vitest";
import { countInk, drawingPattern, drawingText, fitToFrame, pixelsOf, points, spread, stroke } from "./ink.ts";

describe("ink", () => {
  it("is counted as in the data, and spread so that it counts the same", () => {
    const pixels = Array.from({ length: 64 }, (_, i) => i % 17);
    expect(countInk(spread(pixels))).toEqual(pixels);
    expect(drawingText(pixels)).toMatch(drawingPattern);
    expect(pixelsOf(drawingText(pixels))).toEqual(pixels);
  });

  it("of a stroke is on its way and nowhere else", () => {
    const bitmap = stroke(new Uint8Array(points * points), [4, 16], [28, 16], 1);
    expect(bitmap[16 * points + 20]).toBe(1);
    expect(bitmap[20 * points + 20]).toBe(0);
    expect(bitmap.reduce((sum, ink) => sum + ink, 0)).toBeGreaterThan(40);
  });

  it("is fitted to the frame, and fitted twice is the same", () => {
    const small = stroke(new Uint8Array(points * points), [10, 10], [10, 18], 1);
    const fitted = fitToFrame(small);
    const rows = Array.from({ length: points }, (_, y) => fitted.subarray(y * points, (y + 1) * points).some(Boolean));
    expect(rows.every(Boolean)).toBe(true);
    expect(fitToFrame(fitted)).toEqual(fitted);
    const empty = new Uint8Array(points * points);
    expect(fitToFrame(empty)).toEqual(empty);
  });
});
