import { eye, randn, tensor, zeros } from "@chainrule/core";
import { unzlibSync } from "fflate";
import { expect, it } from "vitest";
import { messageOf } from "../../test/fixture.ts";
import { encodePng } from "./png.ts";

/** The header's fields and the rows of pixels, without what says how each is filtered. */
function read(bytes: Uint8Array) {
  expect([...bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const view = new DataView(bytes.buffer);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const length = view.getUint32(33);
  const pixels = unzlibSync(bytes.subarray(41, 41 + length));
  const row = pixels.length / height;
  const rows = Array.from({ length: height }, (_, y) => [...pixels.subarray(y * row + 1, (y + 1) * row)]);
  expect(rows.every((_, y) => pixels[y * row] === 0)).toBe(true);
  return { width, height, depth: bytes[24], color: bytes[25], rows };
}

it("draws a matrix in grey, from its smallest number to its largest", () => {
  const found = read(
    encodePng([
      [0, 1, 2],
      [4, Number.NaN, Number.POSITIVE_INFINITY],
    ]),
  );
  expect(found).toEqual({
    width: 3,
    height: 2,
    depth: 8,
    color: 0,
    rows: [
      [0, 64, 128],
      [255, 0, 255],
    ],
  });
  expect(read(encodePng([[0, 1, 2]], { min: 1, max: 3 })).rows).toEqual([[0, 0, 128]]);
  expect(read(encodePng(zeros([1, 2]))).rows).toEqual([[0, 0]]);
});

it("draws colours, channels last or first", () => {
  const last = tensor([
    [
      [1, 0, 0],
      [0, 0.5, 2],
    ],
  ]);
  const rows = [[255, 0, 0, 0, 128, 255]];
  expect(read(encodePng(last))).toMatchObject({ width: 2, height: 1, color: 2, rows });
  expect(read(encodePng(last.permute(2, 0, 1)))).toMatchObject({ rows });
  expect(read(encodePng(eye(2), { colors: "viridis" })).rows).toEqual([
    [253, 231, 37, 68, 1, 84],
    [68, 1, 84, 253, 231, 37],
  ]);
});

it("has check sums that those who read it compare", () => {
  const bytes = encodePng(randn([40, 30]));
  // The end of every PNG file.
  expect([...bytes.subarray(-12)]).toEqual([0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130]);
});

it("refuses what is no picture", () => {
  expect(messageOf(() => encodePng([1, 2]))).toContain("[height, width]");
  expect(messageOf(() => encodePng(zeros([4, 4, 1])))).toContain("squeeze");
  expect(messageOf(() => encodePng(zeros([0, 4])))).toContain("[0, 4]");
  expect(messageOf(() => encodePng([[1]], { colors: "jet" as never }))).toContain('"jet"');
  expect(messageOf(() => encodePng([[1]], { minimum: 1 } as never))).toContain('"minimum"');
});
