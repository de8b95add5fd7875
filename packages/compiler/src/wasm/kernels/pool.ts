/**
 * Pooling in WebAssembly, forward and backward: windows of 2 x 2 that do not overlap four at a time where they lie, those of which
 * a row has fewer than four one by one, all others in `pool-flat.ts`.
 *
 * All is float32: images [planes, H, W], results [planes, windows]; addresses in bytes.
 */
import { type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";
import { FlatPlane, fetchPool, flatFunctions, type PoolFields } from "./pool-flat.ts";
import { ways } from "./pool-geometry.ts";
import { FourWindows, SingleWindow } from "./pool-windows.ts";

type Addresses<Count extends number> = Count extends 2 ? [number, number] : [number, number, number, number];
/** (inputs, result, geometry, scratch, from, to): computes planes `from` up to `to`. */
type Pool<Count extends number> = (
  ...numbers: [...Addresses<Count>, geometry: number, scratch: number, from: number, to: number]
) => void;

export interface Pooling {
  /** (x, y): the largest of each window. */
  readonly maxPool: Pool<2>;
  /** (g, x, y, dx): each window's number g to its largest element, in equal shares where several are. */
  readonly maxPoolBackward: Pool<4>;
  /** (v, x, y, result): for each window the mean of v where x is largest. */
  readonly maxPoolGather: Pool<4>;
  /** (x, y): the sum of each window. */
  readonly sumPool: Pool<2>;
  /** (g, dx): each window's number to all of its elements. */
  readonly sumPoolBackward: Pool<2>;
}

/** How one of the functions treats its operands and windows. */
interface PoolKind {
  readonly name: keyof Pooling;
  /** Which operands are images; the others have a number for each window. The last is the result. */
  readonly images: readonly boolean[];
  /** What stands around the image that is read, by operand. */
  readonly fill: readonly number[];
  /** One window: `at` is its offset in the images. */
  readonly window: (body: SingleWindow) => void;
  /** Four windows of 2 x 2 side by side. */
  readonly four?: (body: FourWindows) => void;
  /** What is done once where images lie flat, and a plane of them. */
  readonly prepare: (plane: FlatPlane) => void;
  readonly flat: (plane: FlatPlane) => void;
}

const { NaN: nan, NEGATIVE_INFINITY: lowest } = Number;

const kinds: readonly PoolKind[] = [
  {
    name: "maxPool",
    images: [true, false],
    fill: [lowest, 0],
    window: (w) => {
      const best = w.code.local("f32");
      w.code.float(lowest).set(best);
      w.eachTap((at) => w.code.get(best).get(at(0)).access("f32.load").op("f32.max").set(best));
      w.code.get(w.operands[1]).get(best).access("f32.store");
    },
    four: (f) => {
      const [a, b, c, d] = f.split(0);
      f.code.get(f.operands[1]).push(a, b, "f32x4.max", c, d, "f32x4.max", "f32x4.max").access("v128.store");
    },
    prepare: (plane) => plane.fillLines(),
    flat: (plane) => plane.largest(),
  },
  {
    name: "maxPoolBackward",
    images: [false, true, false, true],
    // A number that equals none: what stands around an image is never the largest.
    fill: [0, nan, 0, 0],
    window: (w) => {
      const { code } = w;
      const [share, chosen] = [code.local("f32"), equalsMaximum(w)];
      w.code.float(0).set(share);
      w.eachTap((at) => {
        code.get(share);
        chosen(at);
        code.op("f32.add").set(share);
      });
      code.get(w.operands[0]).access("f32.load").get(share).op("f32.div").set(share);
      w.eachTap((at) => {
        code.get(at(3)).get(at(3)).access("f32.load");
        chosen(at);
        code.get(share).op("f32.mul", "f32.add").access("f32.store");
      });
    },
    four: (f) => {
      const { code } = f;
      const [share, out] = [code.local("v128"), code.local("v128")];
      const [zero, one] = [code.floatsOnce(0), code.floatsOnce(1)];
      const chosen = f.split(1);
      code.get(f.operands[2]).access("v128.load").set(out);
      for (const x of chosen) code.put(x, x, out, "f32x4.eq", one, "v128.and");
      const [a, b, c, d] = chosen;
      code.get(f.operands[0]).access("v128.load");
      code.push(a, b, "f32x4.add", c, d, "f32x4.add", "f32x4.add", "f32x4.div").set(share);
      // What is not the largest gets 0 · share, which may be -0: one by one, it is added to 0.
      for (const x of chosen) code.put(x, x, share, "f32x4.mul", zero, "f32x4.add");
      f.join(3, chosen);
    },
    prepare: (plane) => {
      plane.fill("images", nan);
      plane.fill("values", nan);
      plane.fill("shares", 0);
    },
    flat: (plane) => {
      plane.layOut(1, "images");
      plane.layWindows(2, "values", true);
      plane.share(0);
      plane.elements(true);
    },
  },
  {
    name: "maxPoolGather",
    images: [true, true, false, false],
    fill: [0, nan, 0, 0],
    window: (w) => {
      const { code } = w;
      const [total, ties, chosen] = [code.local("f64"), code.local("f32"), equalsMaximum(w)];
      code.double(0).set(total).float(0).set(ties);
      w.eachTap((at) => {
        code.get(total);
        chosen(at);
        code.get(at(0)).access("f32.load").op("f32.mul", "f64.promote_f32", "f64.add").set(total);
        code.get(ties);
        chosen(at);
        code.op("f32.add").set(ties);
      });
      code.get(w.operands[3]).get(total).get(ties);
      code.op("f64.promote_f32", "f64.div", "f32.demote_f64").access("f32.store");
    },
    prepare: (plane) => {
      plane.fill("images", nan);
      plane.fill("others", 0);
    },
    flat: (plane) => {
      plane.layOut(1, "images");
      plane.layOut(0, "others");
      plane.layWindows(2, "values", false);
      plane.windows("pool.gather", ["images", "others"], true);
    },
  },
  {
    name: "sumPool",
    images: [true, false],
    fill: [0, 0],
    window: (w) => {
      const total = w.code.local("f64");
      w.code.double(0).set(total);
      w.eachTap((at) => w.code.get(total).get(at(0)).access("f32.load").op("f64.promote_f32", "f64.add").set(total));
      w.code.get(w.operands[1]).get(total).op("f32.demote_f64").access("f32.store");
    },
    four: (f) => {
      const { code } = f;
      const [first, ...others] = f.split(0);
      const [low, high] = [code.local("v128"), code.local("v128")];
      // A sum begins at 0, which makes 0 of -0.
      code.push(first, "f64x2.promote_low_f32x4").zero128().op("f64x2.add").set(low);
      code.get(first).get(first).shuffle(2, 3, 2, 3).op("f64x2.promote_low_f32x4").zero128().op("f64x2.add").set(high);
      for (const x of others) {
        code.push(low, x, "f64x2.promote_low_f32x4", "f64x2.add").set(low);
        code.get(high).get(x).get(x).shuffle(2, 3, 2, 3).op("f64x2.promote_low_f32x4", "f64x2.add").set(high);
      }
      code.get(f.operands[1]).push(low, "f32x4.demote_f64x2_zero", high, "f32x4.demote_f64x2_zero");
      code.shuffle(0, 1, 4, 5).access("v128.store");
    },
    prepare: (plane) => plane.fill("images", 0),
    flat: (plane) => {
      plane.layOut(0, "images");
      plane.windows("pool.sums", ["images"], false);
    },
  },
  {
    name: "sumPoolBackward",
    images: [false, true],
    fill: [0, 0],
    window: (w) =>
      w.eachTap((at) => {
        w.code.get(at(1)).get(at(1)).access("f32.load").get(w.operands[0]).access("f32.load");
        w.code.op("f32.add").access("f32.store");
      }),
    four: (f) => {
      const g = f.code.local("v128");
      f.code.get(f.operands[0]).access("v128.load").push(f.code.floatsOnce(0), "f32x4.add").set(g);
      f.join(1, [g, g, g, g]);
    },
    prepare: (plane) => plane.fill("shares", 0),
    flat: (plane) => {
      plane.layWindows(0, "shares", true);
      plane.elements(false);
    },
  },
];

/** Pushes 1 where the image (operand 1) is as large as the window's largest (operand 2), else 0. */
function equalsMaximum({ code, operands }: SingleWindow) {
  return (at: (operand: number) => number): void => {
    code.get(at(1)).access("f32.load").get(operands[2]).access("f32.load").op("f32.eq", "f32.convert_i32_s");
  };
}

/** The functions of a module that pools; `conv.lines` belongs to it. */
export function poolFunctions(): readonly FunctionDefinition[] {
  return [...flatFunctions(), ...kinds.flatMap((kind) => [windowsFunction(kind), planesFunction(kind)])];
}

/** Whether the kind reads images only, and writes numbers for windows. */
function gathers({ images }: PoolKind): boolean {
  return !images[images.length - 1];
}

/** (operands, taps, kernel, windows, count): windows one by one. Operands with a number a window stand at the first. */
function windowsFunction(kind: PoolKind): FunctionDefinition {
  const operands = kind.images.map((_, i) => i);
  const [taps, kernel, windows, count] = [0, 1, 2, 3].map((i) => operands.length + i);
  return {
    name: `${kind.name}.windows`,
    parameters: [...operands, taps, kernel, windows, count].map(() => "i32"),
    exported: false,
    body: (code) => {
      const window = new SingleWindow(code, kind.images, taps, kernel);
      window.each(windows, count, () => kind.window(window));
    },
  };
}

/** The function that is called from outside: plane by plane. */
function planesFunction(kind: PoolKind): FunctionDefinition {
  const names = kind.images.map((_, i) => i);
  const p = numbered(["geometry", "scratch", "from", "to"], names.length);
  return {
    name: kind.name,
    parameters: [...names, 0, 0, 0, 0].map(() => "i32"),
    body: (code) => new Planes(code, kind, names, p).write(),
  };
}

type Parameters = Readonly<Record<"geometry" | "scratch" | "from" | "to", number>>;

class Planes {
  readonly #code: Code;
  readonly #kind: PoolKind;
  readonly #p: Parameters;
  readonly #v;
  /** The operands of the plane at hand. */
  readonly #given: readonly number[];
  /** Where windows one by one see them: there, or in a padded copy. */
  readonly #now: readonly number[];
  readonly #f: PoolFields;

  constructor(code: Code, kind: PoolKind, given: readonly number[], p: Parameters) {
    this.#code = code;
    this.#kind = kind;
    this.#p = p;
    this.#given = given;
    this.#now = given.map(() => code.local("i32"));
    this.#v = code.variables("n", "row", "left");
    this.#f = fetchPool(code, p.geometry);
  }

  write(): void {
    const code = this.#code;
    const [f, v, p] = [this.#f, this.#v, this.#p];
    code.put(v.n, p.to, p.from, "i32.sub");
    this.#given.forEach((operand, i) => {
      code.put(operand, p.from, this.#bytes(i), "i32.mul", operand, "i32.add");
    });
    code.push(v.n, [0], "i32.le_s").branch(() => code.op("return"));
    const flat = new FlatPlane(code, this.#given, f, p.geometry, p.scratch);
    code.push(f.way, [ways.flat], "i32.eq").branch(() => {
      this.#kind.prepare(flat);
      this.#eachPlane(() => this.#kind.flat(flat));
      code.op("return");
    });
    if (this.#kind.four)
      code.push(f.way, [ways.halves], "i32.eq").branch(() => {
        this.#eachPlane(() => this.#halves());
        code.op("return");
      });
    code.get(f.padded).branch(() => this.#fillPadding());
    this.#eachPlane(() => this.#oneByOne());
  }

  /** How many bytes of an operand belong to a plane. */
  #bytes(operand: number): number {
    return this.#kind.images[operand] ? this.#f.imageBytes : this.#f.resultBytes;
  }

  #eachPlane(body: () => void): void {
    const code = this.#code;
    code.repeat(this.#v.n, () => {
      body();
      this.#given.forEach((operand, i) => {
        code.put(operand, operand, this.#bytes(i), "i32.add");
      });
    });
  }

  /** Each image's padded copy: where in scratch memory it begins. There are two at most. */
  #copies(): Map<number, Term[]> {
    const images = this.#given.filter((_, i) => this.#kind.images[i]);
    return new Map(
      images.map((operand, i) => [operand, [this.#p.scratch, i === 0 ? this.#f.images : this.#f.others, "i32.add"]]),
    );
  }

  /** Fills the surroundings of padded copies, once: copying an image in leaves them as they are. */
  #fillPadding(): void {
    for (const [operand, at] of this.#copies())
      this.#code
        .push(...at, this.#f.padded)
        .float(this.#kind.fill[operand])
        .call("pool.fill");
  }

  #oneByOne(): void {
    const code = this.#code;
    const [f, p] = [this.#f, this.#p];
    const result = this.#given.length - 1;
    const isOfImages = !gathers(this.#kind);
    this.#given.forEach((operand, i) => {
      code.put(this.#now[i], operand);
    });
    code.get(f.padded).branch(() => {
      for (const [operand, at] of this.#copies()) {
        code.put(this.#now[operand], ...at);
        if (operand === result) continue;
        code.push(operand, f.rowBytes, [4], this.#now[operand], f.padStart, "i32.add", f.paddedRow, [4]);
        code.push(f.height, f.width).call("conv.lines");
      }
    });
    if (isOfImages) {
      code.push(this.#now[result], [0], f.padded);
      code.get(f.imageBytes).get(f.padded).op("select", "memory.fill");
    }
    code.push(...this.#now, p.geometry, f.taps, "i32.add", f.kernel, p.geometry, f.windows, "i32.add", f.count);
    code.call(`${this.#kind.name}.windows`);
    if (isOfImages)
      code.get(f.padded).branch(() => {
        code.push(this.#now[result], f.padStart, "i32.add", f.paddedRow, [4], result, f.rowBytes, [4]);
        code.push(f.height, f.width).call("conv.lines");
      });
  }

  /** Row by row, four windows at a time; the last four of a row once more where it does not divide. */
  #halves(): void {
    const code = this.#code;
    const [f, v] = [this.#f, this.#v];
    const { images } = this.#kind;
    const result = this.#given[this.#given.length - 1];
    // What no window sees.
    if (!gathers(this.#kind))
      code
        .get(f.isCovered)
        .op("i32.eqz")
        .branch(() => code.push(result, [0], f.imageBytes, "memory.fill"));
    const moving = this.#now;
    const starts = this.#given.map(() => code.local("i32"));
    starts.forEach((start, i) => {
      code.put(start, this.#given[i]);
    });
    const four = () => this.#kind.four!(new FourWindows(code, moving, f.rowBytes));
    code.put(v.row, f.down);
    code.repeat(v.row, () => {
      moving.forEach((pointer, i) => {
        code.put(pointer, starts[i]);
      });
      code.put(v.left, f.across);
      code.loop(() => {
        four();
        moving.forEach((pointer, i) => {
          code.advance(pointer, images[i] ? 32 : 16);
        });
        code.advance(v.left, -4).push(v.left, [4], "i32.ge_s").leaveIf();
      });
      code.get(v.left).branch(() => {
        code.advance(v.left, -4);
        moving.forEach((pointer, i) => {
          code.put(pointer, pointer, v.left, [images[i] ? 3 : 2], "i32.shl", "i32.add");
        });
        four();
      });
      starts.forEach((start, i) => {
        if (images[i]) code.put(start, f.rowBytes, [1], "i32.shl", start, "i32.add");
        else code.put(start, f.across, [2], "i32.shl", start, "i32.add");
      });
    });
  }
}
