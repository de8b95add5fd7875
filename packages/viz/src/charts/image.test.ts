import { DataError, OptionError, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { drawImage } from "./image.ts";

const plain = { color: false };

describe("drawImage", () => {
  it("draws two characters a pixel, from blank to dense", () => {
    expect(drawImage([0, 5, 10, 0, 10, 0], [2, 3], plain)).toBe("  ++@@\n  @@");
  });

  it("takes tensors, flat lists and rows", () => {
    const expected = "  @@\n@@";
    expect(drawImage([0, 1, 1, 0], [2, 2], plain)).toBe(expected);
    expect(
      drawImage(
        [
          [0, 1],
          [1, 0],
        ],
        undefined,
        plain,
      ),
    ).toBe(expected);
    expect(
      drawImage(
        tensor([
          [0, 1],
          [1, 0],
        ]),
        undefined,
        plain,
      ),
    ).toBe(expected);
    expect(drawImage(tensor([0, 1, 1, 0]), [2, 2], plain)).toBe(expected);
    expect(drawImage(Uint8Array.of(0, 255, 255, 0), [2, 2], plain)).toBe(expected);
  });

  it("inverts, and keeps to a range given", () => {
    expect(drawImage([0, 1], [1, 2], { ...plain, invert: true })).toBe("@@");
    expect(drawImage([0, 1], [1, 2], { ...plain, max: 2 })).toBe("  ++");
    expect(drawImage([-5, 9], [1, 2], { ...plain, min: 0, max: 1 })).toBe("  @@");
  });

  it("draws one number throughout: full above 0, else blank", () => {
    expect(drawImage([7, 7], [1, 2], plain)).toBe("@@@@");
    expect(drawImage([0, 0], [1, 2], plain)).toBe("");
  });

  it("puts two pixels into a character where there are shades of grey", () => {
    const cell = (top: number, bottom?: number) =>
      `\u001b[38;5;${top}${bottom === undefined ? "" : `;48;5;${bottom}`}m▀\u001b[0m`;
    expect(drawImage([0, 1, 1, 0], [2, 2], { color: true })).toBe(cell(232, 255) + cell(255, 232));
    expect(drawImage([0, 1, 0.5], [3, 1], { color: true })).toBe(`${cell(232, 255)}\n${cell(244)}`);
  });

  it("refuses pixels that do not make the size", () => {
    expect(() => drawImage([1, 2, 3], [2, 2], plain)).toThrow("expected 2 x 2 pixels, got 3");
    expect(() => drawImage([], [0, 0], plain)).toThrow(DataError);
    expect(() => drawImage([[1, 2], [3]], undefined, plain)).toThrow("expected 2 x 2 pixels, got 3");
    expect(() => drawImage([1, 2], undefined, plain)).toThrow("drawImage(pixels, [28, 28])");
    expect(() => drawImage(tensor([1, 2]))).toThrow("got shape [2]");
    expect(() => drawImage([1], [1, 1], { invrt: true } as object)).toThrow(OptionError);
  });
});
