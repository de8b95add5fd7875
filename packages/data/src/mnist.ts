/**
 * MNIST and the data sets published in its form (Fashion-MNIST, KMNIST, …): four IDX files in one folder.
 */
import { DataError, type Tensor } from "@chainrule/core";
import { describe, formatShape } from "@chainrule/core/internal";
import { fileSystem } from "./file-system.ts";
import { readIdx } from "./idx.ts";
import { nameOf } from "./source.ts";

/** Images and what they show. */
export interface LabelledImages {
  /** Grey from 0 (background) to 1, float32: [n, 28, 28]. */
  readonly images: Tensor;
  /** The classes, from 0, int32: [n]. */
  readonly labels: Tensor;
}

const parts = { train: "train", test: "t10k" } as const;

/**
 * Reads MNIST's training and test images and labels out of a folder or from under a URL.
 *
 * Looks for `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
 * `t10k-labels-idx1-ubyte`, each also with a dot (`train-images.idx3-ubyte`) and with `.gz`. Pixels are divided by
 * 255.
 *
 * @returns images float32 [n, height, width] from 0 to 1, labels int32 [n].
 * @throws DataError for a file that is missing, broken, or does not match its partner.
 *
 * @example
 * const { train, test } = await loadMnist("mnist");
 * for (const [images, labels] of batches(train.images, train.labels)) console.log(images.shape, labels.shape);
 */
export async function loadMnist(folder: string | URL): Promise<{ train: LabelledImages; test: LabelledImages }> {
  if (typeof folder !== "string" && !(folder instanceof URL))
    throw new DataError({
      where: "loadMnist",
      expected: "the folder with MNIST's four files, or the address of one",
      got: describe(folder),
      hint: 'Nothing is downloaded: put the files somewhere, and write await loadMnist("mnist").',
    });
  const [train, test] = await Promise.all([loadPart(folder, parts.train), loadPart(folder, parts.test)]);
  return { train, test };
}

async function loadPart(folder: string | URL, prefix: string): Promise<LabelledImages> {
  const [imagesPath, labelsPath] = await Promise.all([
    find(folder, `${prefix}-images`, "idx3-ubyte"),
    find(folder, `${prefix}-labels`, "idx1-ubyte"),
  ]);
  const [pixels, labels] = await Promise.all([readIdx(imagesPath), readIdx(labelsPath)]);
  if (pixels.rank !== 3)
    throw new DataError({
      where: nameOf(imagesPath),
      expected: "images, of shape [n, height, width]",
      got: `shape ${formatShape(pixels.shape)}`,
      hint: "Images and labels may have been exchanged.",
    });
  if (labels.rank !== 1 || labels.shape[0] !== pixels.shape[0])
    throw new DataError({
      where: nameOf(labelsPath),
      expected: `one label for each of the ${pixels.shape[0]} images in ${nameOf(imagesPath)}`,
      got: `shape ${formatShape(labels.shape)}`,
    });
  return { images: pixels.cast("float32").div(255), labels };
}

/** The path under which a file is there; a server is not asked in advance, and is expected to hold the usual name. */
async function find(folder: string | URL, stem: string, ending: string): Promise<string | URL> {
  const names = [`${stem}-${ending}`, `${stem}.${ending}`].flatMap((name) => [name, `${name}.gz`]);
  const files = fileSystem();
  const base = String(folder).replace(/\/?$/, "/");
  if (!files || /^https?:/i.test(base)) return `${base}${names[1]}`;
  for (const name of names) {
    const path = base.startsWith("file:") ? new URL(name, base) : `${base}${name}`;
    const there = await files.access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  throw new DataError({
    where: `loadMnist("${folder}")`,
    expected: `one of ${names.join(", ")}`,
    got: "none of them",
    hint: "MNIST is four files, two of images and two of labels; put them into this folder as they were downloaded.",
  });
}
