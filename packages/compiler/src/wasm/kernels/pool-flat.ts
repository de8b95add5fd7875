/**
 * Pooling where images lie flat (see `flat-geometry.ts`): each plane is laid out, the loops of `pool-loops.ts` are called, and the
 * result is taken back.
 */
import { type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";
import { linesFunction } from "./conv-lines.ts";
import { flatNames } from "./flat-geometry.ts";
import type { Pooling } from "./pool.ts";
import { loopFunctions, orderedLowest } from "./pool-loops.ts";

type Fields = Readonly<Record<(typeof flatNames)[number], number>>;

const { NaN: nan } = Number;

/** How one of the functions of `Pooling` goes. */
interface FlatKind {
  readonly name: keyof Pooling;
  /** Which operands are images. */
  readonly images: readonly boolean[];
  /** What is done once. */
  readonly prepare: (plane: FlatPlane) => void;
  readonly plane: (plane: FlatPlane) => void;
}

const kinds: readonly FlatKind[] = [
  {
    name: "maxPool",
    images: [true, false],
    prepare: (plane) => plane.fillLines(),
    plane: (plane) => plane.largest(),
  },
  {
    name: "maxPoolBackward",
    images: [false, true, false, true],
    // A number that equals none: what lies around images and windows is never the largest.
    prepare: (plane) => {
      plane.fill("images", nan);
      plane.fill("values", nan);
      plane.fill("shares", 0);
    },
    plane: (plane) => {
      plane.layOut(1, "images");
      plane.layWindows(2, "values", true);
      plane.share(0);
      plane.elements(true);
    },
  },
  {
    name: "maxPoolGather",
    images: [true, true, false, false],
    prepare: (plane) => {
      plane.fill("images", nan);
      plane.fill("others", 0);
    },
    plane: (plane) => {
      plane.layOut(1, "images");
      plane.layOut(0, "others");
      plane.layWindows(2, "values", false);
      plane.windows("pool.gather", ["images", "others"], true);
    },
  },
  {
    name: "sumPool",
    images: [true, false],
    prepare: (plane) => plane.fill("images", 0),
    plane: (plane) => {
      plane.layOut(0, "images");
      plane.windows("pool.sums", ["images"], false);
    },
  },
  {
    name: "sumPoolBackward",
    images: [false, true],
    prepare: (plane) => plane.fill("shares", 0),
    plane: (plane) => {
      plane.layWindows(0, "shares", true);
      plane.elements(false);
    },
  },
];

/** The functions of a module of their own, called `flat.` and then as those of `pool.ts`, with the same parameters. */
export function flatFunctions(): readonly FunctionDefinition[] {
  return [linesFunction, ...loopFunctions(), ...kinds.map(planesFunction)];
}

/** (operands, geometry, scratch, from, to): plane by plane. */
function planesFunction({ name, images, prepare, plane }: FlatKind): FunctionDefinition {
  const operands = images.map((_, i) => i);
  const p = numbered(["geometry", "scratch", "from", "to"], operands.length);
  return {
    name: `flat.${name}`,
    parameters: [...operands, 0, 0, 0, 0].map(() => "i32"),
    body: (code) => {
      const f = code.variables(...flatNames);
      flatNames.forEach((name, i) => {
        code
          .get(p.geometry)
          .access("i32.load", 4 * i)
          .set(f[name]);
      });
      const bytes = (i: number) => (images[i] ? f.imageBytes : f.resultBytes);
      const { left } = code.variables("left");
      code.put(left, p.to, p.from, "i32.sub");
      code.push(left, [0], "i32.gt_s").branch(() => {
        for (const i of operands) code.put(i, p.from, bytes(i), "i32.mul", i, "i32.add");
        const one = new FlatPlane(code, operands, f, p.geometry, p.scratch);
        prepare(one);
        code.repeat(left, () => {
          plane(one);
          for (const i of operands) code.put(i, i, bytes(i), "i32.add");
        });
      });
    },
  };
}

/** What one plane takes: `now` are the operands there, in scratch memory lies the rest. */
class FlatPlane {
  readonly code: Code;
  readonly now: readonly number[];
  readonly #f: Fields;
  readonly #geometry: number;
  readonly #scratch: number;
  readonly #v;

  constructor(code: Code, now: readonly number[], fields: Fields, geometry: number, scratch: number) {
    this.code = code;
    this.now = now;
    this.#f = fields;
    this.#geometry = geometry;
    this.#scratch = scratch;
    this.#v = code.variables("left", "entry", "taps");
  }

  /** Images, or numbers of windows, in scratch memory. */
  #area(name: "images" | "others" | "values" | "shares" | "flat"): Term[] {
    return [this.#scratch, this.#f[name], "i32.add"];
  }

  #table(name: "flatTaps" | "phases" | "backPhases" | "outs" | "lines"): Term[] {
    return [this.#geometry, this.#f[name], "i32.add"];
  }

  /** Once: what lies around images or windows. */
  fill(name: "images" | "others" | "values" | "shares", value: number): void {
    const isImage = name === "images" || name === "others";
    this.code.push(...this.#area(name));
    if (isImage) this.code.push(this.#f.planeBytes);
    else this.code.push(...this.#area(name === "values" ? "shares" : "flat"), ...this.#area(name), "i32.sub");
    this.code.float(value).call("pool.fill");
  }

  /** Lays out an image. */
  layOut(operand: number, name: "images" | "others"): void {
    const { code } = this;
    const [f, v] = [this.#f, this.#v];
    code.put(v.entry, ...this.#table("phases")).put(v.left, f.phaseCount);
    code.repeat(v.left, () => {
      const field = (i: number) => code.get(v.entry).access("i32.load", 4 * i);
      field(0).push(this.now[operand], "i32.add", f.downBytes, f.acrossBytes);
      field(1).push(...this.#area(name), "i32.add", f.pitch, [4]);
      field(2);
      field(3).call("conv.lines");
      code.advance(v.entry, 16);
    });
  }

  /** Lays out numbers of windows, with room before them if others see them. */
  layWindows(operand: number, name: "values" | "shares", isSeen: boolean): void {
    const f = this.#f;
    this.code.push(this.now[operand], f.across, [2], "i32.shl", [4], ...this.#area(name));
    if (isSeen) this.code.push(f.windowStart, "i32.add");
    this.code.push(f.pitch, [4], f.down, f.across).call("conv.lines");
  }

  /** The result of each window, by a function that has these parameters after the taps. */
  windows(name: string, images: readonly ("images" | "others")[], isOfValues: boolean): void {
    const f = this.#f;
    for (const each of images) this.code.push(...this.#area(each));
    this.code.push(...this.#table("flatTaps"), f.kernel);
    if (isOfValues) this.code.push(...this.#area("values"));
    this.code.push(...this.#area("flat"), f.flatCount).call(name);
    this.code.push(...this.#area("flat"), f.pitch, [4], this.now[this.now.length - 1], f.across, [2], "i32.shl");
    this.code.push([4], f.down, f.across).call("conv.lines");
  }

  /** Each window's number by how many of its elements are the largest. */
  share(operand: number): void {
    const f = this.#f;
    this.code.push(...this.#area("images"), ...this.#table("flatTaps"), f.kernel, ...this.#area("values"));
    this.code.push(f.windowStart, "i32.add", ...this.#area("flat"), f.flatCount).call("pool.ties");
    this.code.push(this.now[operand], ...this.#area("flat"), ...this.#area("shares"), f.windowStart, "i32.add");
    this.code.push(f.pitch, f.down, f.across).call("pool.divide");
  }

  /** What elements get of the windows that see them; of all of them, or where they are the largest. */
  elements(ofLargest: boolean): void {
    const { code } = this;
    const [f, v] = [this.#f, this.#v];
    code.put(v.entry, ...this.#table("backPhases")).put(v.left, f.backPhaseCount);
    code.repeat(v.left, () => {
      const field = (i: number) => code.get(v.entry).access("i32.load", 4 * i);
      const at = (i: number, name: "images" | "others" | "values" | "shares") => {
        field(i).push(...this.#area(name), "i32.add");
      };
      code.put(v.taps, v.entry, [16], "i32.add");
      if (ofLargest) at(0, "images");
      code.get(v.taps);
      field(3);
      if (ofLargest) at(1, "values");
      at(1, "shares");
      at(0, "others");
      field(2).call(ofLargest ? "pool.chosen" : "pool.spread");
      field(3).push([2], "i32.shl", v.taps, "i32.add").set(v.entry);
    });
    this.#putBack(this.now[this.now.length - 1]);
  }

  /** From planes to where the image is. */
  #putBack(image: number): void {
    const { code } = this;
    const [f, v] = [this.#f, this.#v];
    const field = (i: number) => code.get(v.entry).access("i32.load", 4 * i);
    const at = (i: number) => field(i).push(...this.#area("others"), "i32.add");
    code.put(v.entry, ...this.#table("outs")).put(v.left, f.outCount);
    code.repeat(v.left, () => {
      code.push(f.step, [2], "i32.eq").branch(
        () => {
          at(0);
          at(1).get(f.pitch);
          field(2).push(image, "i32.add", f.downBytes);
          field(3).get(f.width).call("pool.zip");
        },
        () => {
          at(0).push(f.pitch, [4]);
          field(1).push(image, "i32.add", f.downBytes, f.acrossBytes);
          field(2);
          field(3).call("conv.lines");
        },
      );
      code.advance(v.entry, 16);
    });
  }

  /** Once: what lies beside the rows of maxima. */
  fillLines(): void {
    const f = this.#f;
    this.code.push(...this.#area("images"), f.down, f.lineBytes, "i32.mul").float(orderedLowest);
    this.code.call("pool.fill");
  }

  /** The largest of each window: first of the columns of its rows, then of these. */
  largest(): void {
    const { code } = this;
    const f = this.#f;
    const [x, y] = this.now;
    code.push(x, ...this.#table("lines"), f.lineStep, ...this.#area("images"), f.lineStart, "i32.add");
    code.push(f.lineBytes, f.down, f.width).call("pool.columns");
    const rows = (step: number) => {
      code.push(...this.#area("images"), f.lineBytes, f.tapStep, f.furtherTaps, f.acrossBytes, y, f.down, f.across);
      code.call(`pool.rows${step}`);
    };
    code.push(f.step, [1], "i32.eq").branch(
      () => rows(1),
      () =>
        code.push(f.step, [2], "i32.eq").branch(
          () => rows(2),
          () => rows(0),
        ),
    );
  }
}
