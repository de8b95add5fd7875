/**
 * The worst mistakes of a model: the samples with the highest loss, with their pictures where they are images.
 */
import { DataError, OptionError, Tensor } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { drawImages, type ImagesData, readImages } from "../charts/images.ts";
import { escapeXml } from "../drawing/svg.ts";
import { formatNumber } from "../drawing/ticks.ts";

/** Samples with their losses, of which a report shows the worst. */
export interface Mistakes {
  /** The loss of each sample, [n]: `crossEntropy(scores, y, { reduction: "none" })`. */
  loss: Tensor | ArrayLike<number>;
  /** The right class of each sample, [n]. */
  right?: Tensor | ArrayLike<number>;
  /** The class that was predicted for each sample, [n]: `scores.argmax(1)`. */
  predicted?: Tensor | ArrayLike<number>;
  /** The samples as pictures, [n, height, width] or with channels. */
  images?: ImagesData;
  /** The samples as texts. */
  texts?: readonly string[];
  /** How many to show, 12 by default. */
  count?: number;
}

const keys = ["loss", "right", "predicted", "images", "texts", "count"] as const;

/** A sample with what was made of it. */
interface Mistake {
  readonly index: number;
  readonly loss: number;
  readonly right: string;
  readonly predicted: string;
  readonly text: string | undefined;
}

/** The worst mistakes as HTML: pictures with captions, or a table. @throws DataError for lists that do not match. */
export function mistakesHtml(where: string, given: Mistakes, classNames: readonly string[] | undefined): string {
  checkOptions(where, given, keys);
  const { count = 12, images, texts } = given;
  if (!Number.isInteger(count) || count < 1)
    throw new OptionError({ where, expected: "count, how many to show", got: describe(count) });
  const losses = numbersOf(where, "loss", given.loss);
  if (losses === null) throw new DataError({ where, expected: "the loss of each sample as loss", got: "none" });
  const [right, predicted] = (["right", "predicted"] as const).map((name) => {
    const list = numbersOf(where, name, given[name]);
    checkLength(where, name, list, losses.length);
    return list;
  });
  checkLength(where, "texts", texts ?? null, losses.length);
  const nameOf = (list: number[] | null, i: number) =>
    list === null ? "" : (classNames?.[list[i]] ?? String(list[i]));
  const worst = Array.from(losses, (loss, index): Mistake => {
    return { index, loss, right: nameOf(right, index), predicted: nameOf(predicted, index), text: texts?.[index] };
  })
    // NaN is the worst there is.
    .sort((a, b) => rank(b.loss) - rank(a.loss) || a.index - b.index)
    .slice(0, count);
  if (images === undefined) return table(worst, texts !== undefined);
  const pictures = pick(where, images, losses.length, worst);
  const title = "Worst mistakes";
  return drawImages(where, pictures, { captions: worst.map(caption), size: 84, width: 860, title }, title);
}

const rank = (loss: number) => (Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss);

function pick(where: string, images: ImagesData, count: number, worst: readonly Mistake[]) {
  const length = images instanceof Tensor ? images.shape[0] : Array.isArray(images) ? images.length : -1;
  if (length !== count)
    throw new DataError({
      where,
      expected: `${count} images, one for each loss`,
      got: length < 0 ? describe(images) : `${length}`,
    });
  const list: readonly unknown[] = images instanceof Tensor ? (images.toArray() as unknown[]) : images;
  return readImages(where, worst.map(({ index }) => list[index]) as ImagesData);
}

function caption({ loss, right, predicted }: Mistake): string {
  const said = right && predicted ? `${right}, said ${predicted}:` : right || predicted;
  return `${said} ${formatNumber(loss, 2)}`.trim();
}

function table(worst: readonly Mistake[], hasTexts: boolean): string {
  const columns: [string, (mistake: Mistake) => string][] = [
    ["sample", ({ index }) => String(index)],
    ["loss", ({ loss }) => formatNumber(loss)],
    ...(worst.some(({ right }) => right) ? [["right", ({ right }) => right] as [string, (m: Mistake) => string]] : []),
    ...(worst.some(({ predicted }) => predicted)
      ? [["predicted", ({ predicted }) => predicted] as [string, (m: Mistake) => string]]
      : []),
    ...(hasTexts ? [["text", ({ text = "" }) => text.slice(0, 300)] as [string, (m: Mistake) => string]] : []),
  ];
  const head = columns.map(([name]) => `<th scope="col">${name}</th>`).join("");
  const rows = worst.map(
    (mistake) => `<tr>${columns.map(([, of]) => `<td>${escapeXml(of(mistake))}</td>`).join("")}</tr>`,
  );
  return `<h2>Worst mistakes</h2>\n<table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function numbersOf(where: string, name: string, given: unknown): number[] | null {
  if (given === undefined) return null;
  const list = given instanceof Tensor ? Array.from(given.toTypedArray()) : given;
  const numbers: unknown[] = Array.isArray(list)
    ? list
    : ArrayBuffer.isView(list) && "length" in list
      ? Array.from(list as never)
      : [];
  if (numbers.length > 0 && numbers.every((value) => typeof value === "number")) return numbers as number[];
  throw new DataError({ where, expected: `${name}, a number for each sample`, got: describe(given) });
}

function checkLength(where: string, name: string, list: readonly unknown[] | null, count: number): void {
  if (list !== null && list.length !== count)
    throw new DataError({ where, expected: `${name} for each of ${count} losses`, got: `${list.length}` });
}
