/**
 * Many pictures side by side in SVG: images of a data set, the filters of a layer, the maps of attention heads.
 */
import { DataError, OptionError, Tensor } from "@chainrule/core";
import { describe, lookUp } from "@chainrule/core/internal";
import { checkDrawingOptions } from "../drawing/options.ts";
import {
  drawPixels,
  evenColumns,
  grey,
  type PixelColor,
  type Pixels,
  rgb,
  signed,
  signStyles,
} from "../drawing/pixels.ts";
import { extentOf, normalize } from "../drawing/shades.ts";
import { element, svgDocument, text, textWidth, wrapText } from "../drawing/svg.ts";
import { checkSize } from "./line-data.ts";

/** Pictures: [n, height, width], or [n, height, width, 1 or 3] with grey or colours; as a tensor or nested lists. */
export type ImagesData = Tensor | readonly (Tensor | readonly unknown[])[];

/** Options of {@link imagesSvg}. */
export interface ImagesOptions {
  title?: string;
  /** A text below each picture. */
  captions?: readonly (string | number)[];
  /** How many stand side by side; by default as many as there is room for. */
  columns?: number;
  /** How wide each is, in pixels; 72 by default. */
  size?: number;
  /** How wide the whole may be, in pixels; 640 by default. */
  width?: number;
  /** `"grey"` from black to white, or `"signed"`: blue above 0, orange below. By default signed where a number is below 0. */
  colors?: "grey" | "signed";
  /** The number that is black, or with `"signed"` the one that is strongest below 0; by default the least of all. */
  min?: number;
  /** The number that is white, or strongest above 0; by default the greatest of all. */
  max?: number;
  /** Whether each picture has a range of its own, not one for all. */
  each?: boolean;
}

export const imageKeys = ["title", "captions", "columns", "size", "width", "colors", "min", "max", "each"] as const;

/** Numbers of one picture. */
export interface Image {
  readonly height: number;
  readonly width: number;
  /** 1 or 3 numbers for each pixel, row by row. */
  readonly channels: number;
  readonly values: readonly number[];
}

const most = { images: 400, pixels: 400_000 } as const;

/**
 * Draws pictures side by side as SVG.
 *
 * Numbers that are no numbers (NaN) show the page, and one range serves for all pictures unless `each` is true.
 *
 * @param images [n, height, width], or [n, height, width, channels] with 1 channel of grey or 3 of red, green and blue from
 *   0 to 1 (or to the greatest number, if that is larger).
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what are no pictures, for more than 400 of them or 400,000 pixels, and for another number of
 *   captions.
 *
 * @example
 * const digits = randn([6, 8, 8]);
 * await writeFile("digits.svg", imagesSvg(digits, { captions: [3, 1, 4, 1, 5, 9], title: "Digits" }));
 */
export function imagesSvg(images: ImagesData, options: ImagesOptions = {}): string {
  const where = "imagesSvg";
  checkDrawingOptions(where, options, imageKeys);
  return drawImages(where, readImages(where, images), options, "Images");
}

/** The pictures as SVG. */
export function drawImages(where: string, images: readonly Image[], options: ImagesOptions, kind: string): string {
  const { title, captions, size = 72, width = 640, each = false } = options;
  checkSize(where, "width", width, 100);
  checkSize(where, "size", size, 4);
  const pixels = images.reduce((sum, image) => sum + image.height * image.width, 0);
  if (images.length > most.images || pixels > most.pixels)
    throw new DataError({
      where,
      expected: `at most ${most.images} pictures, and ${most.pixels} pixels together`,
      got: `${images.length} pictures of ${pixels} pixels`,
      hint: "Draw some of them: images.slice([0, 20]).",
    });
  if (captions !== undefined && captions.length !== images.length)
    throw new DataError({ where, expected: `captions for ${images.length} pictures`, got: `${captions.length}` });
  const { columns = evenColumns(images.length, Math.floor((width - 12) / (size + 8))) } = options;
  if (!Number.isInteger(columns) || columns < 1)
    throw new OptionError({ where, expected: "a whole number of columns", got: describe(columns) });
  const paint = painter(where, images, options);
  const high = Math.max(...images.map((image) => (size * image.height) / image.width));
  const said = (captions ?? []).map((caption) => fit(String(caption), size + 6));
  const lines = Math.max(0, ...said.map((each) => each.length));
  const [stepX, stepY] = [size + 8, high + 8 + 14 * lines + (lines > 0 ? 4 : 0)];
  const top = title ? 38 : 12;
  const shown = Math.min(columns, images.length);
  const whole = Math.max(20 + stepX * shown - 8, title ? 20 + textWidth(title, 16) : 0, 60);
  const contents = [
    ...(title ? [text(10, 24, title, { class: "title" })] : []),
    ...images.flatMap((image, i) => {
      const [x, y] = [10 + stepX * (i % columns), top + stepY * Math.floor(i / columns)];
      const height = (size * image.height) / image.width;
      return [
        drawPixels(toPixels(image, paint, each), x, y, size),
        element("rect", { class: "grid", fill: "none", x, y, width: size, height }),
        ...(said[i] ?? []).map((line, l) =>
          text(x + size / 2, y + high + 14 * (l + 1), line, { "text-anchor": "middle" }),
        ),
      ];
    }),
  ];
  const [{ height, width: across }] = images;
  const description = `${images.length} pictures, the first ${height} by ${across} pixels${captions ? `: ${captions.slice(0, 50).join(", ")}` : ""}.`;
  const rows = Math.ceil(images.length / columns);
  return svgDocument(whole, top + stepY * rows + 4, title ?? kind, contents, { ...signStyles, description });
}

/** A caption in at most two lines, as much of it as there is room for. */
function fit(caption: string, width: number): string[] {
  const room = Math.max(2, Math.floor(width / (12 * 0.56)));
  const cut = (line: string) => ([...line].length <= room ? line : `${[...line].slice(0, room - 1).join("")}…`);
  const [first, ...rest] = wrapText(caption, width, 12);
  return rest.length === 0 ? [cut(first)] : [cut(first), cut(rest.join(" "))];
}

type Paint = (values: readonly number[], own: readonly number[] | null) => PixelColor | null;

/** How the numbers of a pixel become a colour. */
function painter(where: string, images: readonly Image[], { colors, min, max }: ImagesOptions): Paint {
  const all = images.flatMap(({ values }) => values);
  const isNegative = all.some((value) => value < 0);
  const kind = lookUp(
    `${where}, colors`,
    { grey: "grey", signed: "signed" } as const,
    colors ?? (isNegative ? "signed" : "grey"),
  );
  return ([first, second, third], own) => {
    if (Number.isNaN(first)) return null;
    const values = own ?? all;
    if (second !== undefined) {
      const range = extentOf([0, 1, ...values], min, max);
      const [r, g, b] = [first, second, third].map((value) => normalize(value, range));
      return rgb(r, g, b);
    }
    if (kind === "grey") return grey(normalize(first, rangeOf(values, min, max)));
    const [low, high] = rangeOf(values, min, max);
    return signed(first / (Math.max(Math.abs(low), Math.abs(high)) || 1));
  };
}

/** The ends of a list, found once for each list. */
const ranges = new WeakMap<readonly number[], readonly [number, number]>();
function rangeOf(values: readonly number[], min?: number, max?: number): readonly [number, number] {
  const found = ranges.get(values) ?? extentOf(values);
  ranges.set(values, found);
  return [min ?? found[0], max ?? found[1]];
}

function toPixels({ height, width, channels, values }: Image, paint: Paint, each: boolean): Pixels {
  return {
    height,
    width,
    colorAt: (row, column) => {
      const start = (row * width + column) * channels;
      return paint(values.slice(start, start + channels), each ? values : null);
    },
  };
}

/** Pictures as numbers. @throws DataError for what are none. */
export function readImages(where: string, given: unknown): Image[] {
  const list: unknown = given instanceof Tensor ? given.toArray() : given;
  if (!Array.isArray(list) || list.length === 0) throw noImages(where, given);
  return Array.from(list, (one: unknown) => {
    const rows: unknown = one instanceof Tensor ? one.toArray() : one;
    const width = Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0].length : 0;
    if (width === 0) throw noImages(where, one instanceof Tensor ? one : given);
    const pixels = (rows as unknown[]).flatMap((row) =>
      Array.isArray(row) && row.length === width ? row : [undefined],
    );
    const channels = Array.isArray(pixels[0]) ? pixels[0].length : 1;
    const values = pixels.flat();
    const isPixel = (pixel: unknown) =>
      Array.isArray(pixel) ? pixel.length === channels : channels === 1 && pixel !== undefined;
    if (
      (channels !== 1 && channels !== 3) ||
      !pixels.every(isPixel) ||
      !values.every((value) => typeof value === "number" || typeof value === "boolean")
    )
      throw noImages(where, given);
    return { height: (rows as unknown[]).length, width, channels, values: values.map(Number) };
  });
}

function noImages(where: string, given: unknown): DataError {
  return new DataError({
    where,
    expected: "pictures, [n, height, width] or [n, height, width, 1 or 3]",
    got: given instanceof Tensor ? `shape [${given.shape.join(", ")}]` : describe(given),
    hint: "Rows of pixels become pictures with reshape: x.reshape([-1, 28, 28]).",
  });
}

/** Options of {@link filtersSvg}. */
export interface FiltersOptions extends Omit<ImagesOptions, "captions" | "each"> {
  /** Of weights [features, outputs], such as a dense layer's: the picture that the features are, [height, width]. */
  shape?: readonly [height: number, width: number];
}

/** More filters say nothing more. */
const mostFilters = 64;

/**
 * Draws the filters of a layer as SVG: blue where they weigh upwards, orange where they weigh downwards, each as strong as
 * it is at most.
 *
 * Filters on one channel are pictures; on three, such as the first of a network for colours, they are in colours, which then
 * show the weights from the least to the greatest; on more, each picture is a filter's mean over its channels. Of more than
 * 64 filters the first 64 are drawn.
 *
 * @param kernel the weights of a convolution, [filters, channels, height, width] or in one dimension [filters, channels,
 *   length], drawn as channels by length; or of a dense layer with the option `shape`, [height · width, filters].
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for weights of another shape.
 *
 * @example
 * const layer = new Conv2d({ filters: 8, kernelSize: 3, inputShape: [1, 8, 8] });
 * await writeFile("filters.svg", filtersSvg(layer.kernel, { title: "First layer" }));
 */
export function filtersSvg(kernel: Tensor, options: FiltersOptions = {}): string {
  const where = "filtersSvg";
  checkDrawingOptions(where, options, [...imageKeys.filter((key) => key !== "captions" && key !== "each"), "shape"]);
  const { shape, size = 48, ...rest } = options;
  const images = filtersOf(where, kernel, shape).slice(0, mostFilters);
  return drawImages(where, images, { ...rest, size, each: true }, "Filters");
}

function filtersOf(where: string, kernel: unknown, shape: readonly number[] | undefined): Image[] {
  const wrong = (expected: string, got: string, hint?: string) => new DataError({ where, expected, got, hint });
  if (!(kernel instanceof Tensor))
    throw wrong("the weights of a layer, a tensor", describe(kernel), "Pass its kernel: filtersSvg(layer.kernel).");
  const values = Array.from(kernel.toTypedArray());
  const got = `shape [${kernel.shape.join(", ")}]`;
  if (kernel.size === 0) throw wrong("weights", got);
  if (shape !== undefined) {
    const [height, width] = Array.isArray(shape) ? shape : [];
    const filters = kernel.shape[1];
    if (kernel.rank !== 2 || kernel.shape[0] !== height * width)
      throw wrong("weights [height * width, filters]", `${got} for pictures of ${height} x ${width}`);
    return Array.from({ length: filters }, (_, f) => ({
      height,
      width,
      channels: 1,
      values: Array.from({ length: height * width }, (_, i) => values[i * filters + f]),
    }));
  }
  if (kernel.rank !== 3 && kernel.rank !== 4)
    throw wrong(
      "weights of a convolution, [filters, channels, height, width] or [filters, channels, length]",
      got,
      kernel.rank === 2 ? "Of a dense layer say the shape of its inputs: { shape: [28, 28] }." : undefined,
    );
  const [filters, channels, ...sizes] = kernel.shape;
  const isFlat = kernel.rank === 3;
  const [height, width] = isFlat ? [channels, sizes[0]] : sizes;
  const area = height * width;
  return Array.from({ length: filters }, (_, f) => {
    const own = values.slice(
      f * channels * sizes.reduce((a, b) => a * b),
      (f + 1) * channels * sizes.reduce((a, b) => a * b),
    );
    if (isFlat || channels === 1) return { height, width, channels: 1, values: own };
    const at = (channel: number, i: number) => own[channel * area + i];
    if (channels === 3)
      return {
        height,
        width,
        channels: 3,
        values: inUnitRange(Array.from({ length: area * 3 }, (_, i) => at(i % 3, Math.floor(i / 3)))),
      };
    const mean = Array.from(
      { length: area },
      (_, i) => own.reduce((sum, _, c) => (c < channels ? sum + at(c, i) : sum), 0) / channels,
    );
    return { height, width, channels: 1, values: mean };
  });
}

/** From the least (0) to the greatest (1): colours have no sign. */
function inUnitRange(values: readonly number[]): number[] {
  const range = extentOf(values);
  return values.map((value) => normalize(value, range));
}
