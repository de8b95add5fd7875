/**
 * Pooling in WebAssembly, forward and backward. Windows of 2 x 2 that do not overlap, the usual ones, are computed four
 * at a time; all others one by one, by the tables of `conv-geometry.ts`, for which every channel is an image of its own. Where the
 * functions of `pool-flat.ts` are loaded, they take most of these.
 *
 * All is float32: images [planes, H, W], results [planes, windows]; addresses in bytes.
 */
import { type Code, type FunctionDefinition, numbered } from "../assembler.ts";
import { type Fields, fetchFields } from "./conv-geometry.ts";
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
  },
];

/** Pushes 1 where the image (operand 1) is as large as the window's largest (operand 2), else 0. */
function equalsMaximum({ code, operands }: SingleWindow) {
  return (at: (operand: number) => number): void => {
    code.get(at(1)).access("f32.load").get(operands[2]).access("f32.load").op("f32.eq", "f32.convert_i32_s");
  };
}

/** The functions of a module that pools; `padFunction` belongs to it. */
export function poolFunctions(): readonly FunctionDefinition[] {
  return kinds.map(planesFunction);
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
  readonly #given: readonly number[];
  /** The operands of the plane at hand: where it lies in memory, or its padded copy. */
  readonly #now: readonly number[];
  readonly #f: Fields;

  constructor(code: Code, kind: PoolKind, given: readonly number[], p: Parameters) {
    this.#code = code;
    this.#kind = kind;
    this.#p = p;
    this.#given = given;
    this.#now = given.map(() => code.local("i32"));
    this.#v = code.variables("n", "row", "left", "windows", "taps", "at");
    this.#f = fetchFields(code, p.geometry);
  }

  write(): void {
    const code = this.#code;
    const [f, v, p] = [this.#f, this.#v, this.#p];
    const isOfImages = this.#kind.images[this.#given.length - 1];
    code.put(v.taps, p.geometry, f.taps, "i32.add");
    code.get(f.padded).branch(() => this.#fillPadding());
    code.put(v.n, p.to, p.from, "i32.sub");
    this.#given.forEach((operand, i) => {
      const bytes = this.#kind.images[i] ? f.imageBytes : f.resultBytes;
      code.put(operand, p.from, bytes, "i32.mul", operand, "i32.add");
    });
    code.push(v.n, [0], "i32.gt_s").branch(() => {
      code.repeat(v.n, () => {
        this.#given.forEach((operand, i) => {
          code.put(this.#now[i], operand);
        });
        code.get(f.padded).branch(() => this.#copyIn());
        const result = this.#given.length - 1;
        // Zeros to add to.
        if (isOfImages) code.push(this.#now[result], [0], f.plane, "memory.fill");
        this.#windows();
        if (isOfImages)
          code.get(f.padded).branch(() => code.push(result, this.#now[result], p.geometry, [0]).call("conv.pad"));
        this.#given.forEach((operand, i) => {
          code.put(operand, operand, this.#kind.images[i] ? f.imageBytes : f.resultBytes, "i32.add");
        });
      });
    });
  }

  /** Each image's padded copy: where in scratch memory it begins. There are two at most. */
  #copies(): Map<number, number> {
    const images = this.#given.filter((_, i) => this.#kind.images[i]);
    return new Map(images.map((operand, i) => [operand, [this.#f.image, this.#f.panel][i]]));
  }

  /** Fills the surroundings of padded copies, once: copying an image in leaves them as they are. */
  #fillPadding(): void {
    const code = this.#code;
    const v = this.#v;
    for (const [operand, at] of this.#copies()) {
      code.put(v.at, this.#p.scratch, at, "i32.add").put(v.left, this.#f.padded, [2], "i32.shr_u");
      code.repeat(v.left, () => code.get(v.at).float(this.#kind.fill[operand]).access("f32.store").advance(v.at, 4));
    }
  }

  #copyIn(): void {
    const code = this.#code;
    const result = this.#given.length - 1;
    for (const [operand, at] of this.#copies()) {
      const now = this.#now[operand];
      code.put(now, this.#p.scratch, at, "i32.add");
      if (operand !== result) code.push(operand, now, this.#p.geometry, [1]).call("conv.pad");
    }
  }

  #windows(): void {
    const code = this.#code;
    const oneByOne = () => {
      const [f, v] = [this.#f, this.#v];
      code.put(v.windows, this.#p.geometry, f.windows, "i32.add").put(v.left, f.count);
      const window = new SingleWindow(code, this.#kind.images, this.#now, v.taps, f.kernel);
      window.each(v.windows, v.left, () => this.#kind.window(window));
    };
    if (this.#kind.four) code.get(this.#f.halves).branch(() => this.#halves(), oneByOne);
    else oneByOne();
  }

  /** Row by row, four windows at a time; the last four of a row once more where it does not divide. */
  #halves(): void {
    const code = this.#code;
    const [f, v] = [this.#f, this.#v];
    const { images } = this.#kind;
    const moving = this.#now.map(() => code.local("i32"));
    const starts = this.#now.map(() => code.local("i32"));
    starts.forEach((start, i) => {
      code.put(start, this.#now[i]);
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
        code.advance(v.left, -4);
        moving.forEach((pointer, i) => {
          code.advance(pointer, images[i] ? 32 : 16);
        });
        code.push(v.left, [4], "i32.ge_s").leaveIf();
      });
      code.get(v.left).branch(() => {
        code.advance(v.left, -4);
        moving.forEach((pointer, i) => {
          code.put(pointer, v.left, [images[i] ? 3 : 2], "i32.shl", pointer, "i32.add");
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
