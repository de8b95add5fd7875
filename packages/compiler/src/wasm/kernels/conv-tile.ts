/**
 * The innermost loops of convolution: tiles of 4 x 8 running sums, as in the matrix product, whose operands are read
 * where they lie in the image, by tables of offsets.
 */
import { type Code, type FunctionDefinition, numbered } from "../assembler.ts";
import { floatLanes, locals, type ProductOptions } from "./float-lanes.ts";
import { type At, tileStep, tileVectors } from "./gemm-tile.ts";

const rows = [0, 1, 2, 3] as const;

/** Steps to a turn of the loop where multiply and add are two instructions: many, as in the matrix product. */
const unrolled = 16;

/** Four rows by eight columns: eight vectors of running sums. */
class Tile {
  readonly code: Code;
  readonly sums: readonly number[];
  readonly #options: ProductOptions;
  readonly #vectors: readonly number[];

  constructor(code: Code, relaxed: boolean) {
    this.code = code;
    this.#options = { type: floatLanes.float32, relaxed };
    this.#vectors = locals(code, tileVectors(relaxed));
    this.sums = locals(code, 8);
  }

  /**
   * Sums up so many steps (the value of a local, which ends anywhere). `step` takes what comes number `u` of a turn;
   * `advance` moves on by so many. Each row begins with the number at `first`, a pointer, or with 0 if that is null.
   */
  loop(count: number, step: (u: number) => void, advance: (steps: number) => void, first: number | null = null): void {
    const { code } = this;
    const steps = this.#options.relaxed ? 1 : unrolled;
    for (const row of rows)
      for (const sum of [this.sums[2 * row], this.sums[2 * row + 1]])
        if (first === null) code.zero128().set(sum);
        else
          code
            .get(first)
            .access("v128.load32_splat", 4 * row)
            .set(sum);
    code.inTurns(count, steps, (u) => {
      step(u);
      if (u === steps - 1) advance(steps);
    });
  }

  /** Adds the products of a number for each row, where `a` has it, and twice four, where `b` has them. */
  take(b: readonly At[], a: (row: number) => At): void {
    tileStep(this.code, this.#options, { sums: this.sums, vectors: this.#vectors }, b, rows.map(a));
  }

  /** Stores row by row at the pointers, added to what is there or in its place. */
  store(to: readonly number[], adds: boolean): void {
    this.sums.forEach((sum, i) => {
      const [pointer, offset] = [to[i >> 1], (i & 1) * 16];
      this.code.get(pointer).get(sum);
      if (adds) this.code.get(pointer).access("v128.load", offset).op("f32x4.add");
      this.code.access("v128.store", offset);
    });
  }

  /** Lets nothing below 0 through where the local `relu` is not 0. */
  cut(relu: number): void {
    const { code, sums } = this;
    code.get(relu).branch(() => {
      for (const sum of sums) code.get(sum).zero128().op("f32x4.pmax").set(sum);
    });
  }

  /** Stores the sums of a row at the pointer and so many bytes further, added to what is there or in its place. */
  storeApart(row: number, to: number, apart: number, adds: boolean): void {
    const { code } = this;
    for (const i of [0, 1]) {
      if (i === 1) code.put(to, to, apart, "i32.add");
      code.get(to).get(this.sums[2 * row + i]);
      if (adds) code.get(to).access("v128.load").op("f32x4.add");
      code.access("v128.store");
    }
  }
}

export interface TileOptions {
  /** Multiply and add in one instruction. */
  readonly relaxed: boolean;
}

/** Where the eight numbers of a panel's step are. */
const panelAt = (panel: number, step: number) => [[panel, step * 32] as const, [panel, step * 32 + 16] as const];

const i32s = (parameters: object) => Object.keys(parameters).map(() => "i32" as const);

/**
 * Twice four windows of the image, at `b` and `bNext` bytes further, weighed by each of `rows` kernels: in row i of C, `cRow`
 * bytes apart, bias[i] + Σ a[i][k] b[taps[k] + 0 … 3] and `cNext` bytes further the others; with `relu` nothing below 0. The
 * kernels lie in panels of four, first their biases, then tap by tap. If not `apart`, all eight lie side by side.
 */
export function windowsTile({ relaxed }: TileOptions, apart: boolean): FunctionDefinition {
  const p = numbered(["a", "b", "bNext", "taps", "k", "c", "cNext", "cRow", "rows", "relu"]);
  return {
    name: apart ? "conv.windowsApart" : "conv.windows",
    parameters: i32s(p),
    exported: false,
    body: (code) => {
      const v = code.variables("i", "count", "tap", "from", "at", "next", "left", "to0", "to1", "to2", "to3");
      const to = [v.to0, v.to1, v.to2, v.to3];
      const tile = new Tile(code, relaxed);
      code.count(v.i, p.rows, 4, () => {
        code.put(v.tap, p.taps).put(v.count, p.k).put(v.left, p.rows, v.i, "i32.sub").put(v.from, p.a);
        tile.loop(
          v.count,
          (u) => {
            code
              .get(p.b)
              .get(v.tap)
              .access("i32.load", u * 4)
              .op("i32.add")
              .set(v.at);
            if (apart) code.put(v.next, v.at, p.bNext, "i32.add");
            const b = apart ? [[v.at, 0] as const, [v.next, 0] as const] : [[v.at, 0] as const, [v.at, 16] as const];
            code.advance(v.from, 16);
            tile.take(b, (row) => [v.from, row * 4]);
          },
          (steps) => code.advance(v.tap, 4 * steps),
          p.a,
        );
        code.put(p.a, p.k, [1], "i32.add", [4], "i32.shl", p.a, "i32.add");
        code.put(to[0], p.c);
        // Rows that are lacking are stored where the first is, and before it.
        for (const row of [1, 2, 3])
          code.push(to[row - 1], p.cRow, "i32.add", p.c, v.left, [row], "i32.gt_s", "select").set(to[row]);
        tile.cut(p.relu);
        for (const row of rows.toReversed()) tile.storeApart(row, to[row], p.cNext, false);
        code.put(p.c, p.cRow, [2], "i32.shl", p.c, "i32.add");
      });
    },
  };
}

/**
 * For each of `count` taps, what all windows of the image at `b` see through it, weighed by eight gradients each
 * (`panel`: window by window): added to `sums`, where each four taps have 32 floats.
 */
export function tapsTile({ relaxed }: TileOptions): FunctionDefinition {
  const p = numbered(["b", "taps", "count", "windows", "k", "panel", "sums"]);
  return {
    name: "conv.taps",
    parameters: i32s(p),
    exported: false,
    body: (code) => {
      const v = code.variables("i", "left", "window", "from", "at", "rest", "r0", "r1", "r2", "r3", "s1", "s2", "s3");
      const from = [v.r0, v.r1, v.r2, v.r3];
      const pixels = locals(code, 4, "i32");
      const tile = new Tile(code, relaxed);
      code.count(v.i, p.count, 4, () => {
        code.put(v.left, p.count, v.i, "i32.sub");
        for (const row of rows) {
          // A tap that is lacking reads as the first: its sums are never looked at.
          code.push(p.taps, [row * 4], "i32.add", p.taps, v.left, [row], "i32.gt_s", "select");
          code.access("i32.load").get(p.b).op("i32.add").set(from[row]);
        }
        code.put(v.window, p.windows).put(v.from, p.panel).put(v.rest, p.k);
        tile.loop(
          v.rest,
          (u) => {
            code
              .get(v.window)
              .access("i32.load", u * 4)
              .set(v.at);
            for (const row of rows) code.put(pixels[row], from[row], v.at, "i32.add");
            tile.take(panelAt(v.from, u), (row) => [pixels[row], 0]);
          },
          (steps) => code.advance(v.window, 4 * steps).advance(v.from, 32 * steps),
        );
        code.put(v.s1, p.sums, [32], "i32.add").put(v.s2, p.sums, [64], "i32.add").put(v.s3, p.sums, [96], "i32.add");
        tile.store([p.sums, v.s1, v.s2, v.s3], true);
        code.advance(p.taps, 16).advance(p.sums, 128);
      });
    },
  };
}

/**
 * Eight windows' gradients (`panel`: for each of k outputs, eight numbers) sent back through all `depth` taps to the
 * image, and added there. Four taps at a time, a quarter of the table apart (`step`), so that they seldom meet: a store
 * that the next load overlaps would be waited for.
 *
 * `a` has the weights: for each such four taps, output by output, a number for each of the four. Where `windows` is 0 the first
 * four lie side by side at `to` and the others `toNext` bytes further; else they are at `to` plus what the table says, `width` of
 * them.
 */
export function inputGradientTile({ relaxed }: TileOptions): FunctionDefinition {
  const p = numbered([
    ...(["a", "panel", "k", "to", "toNext", "taps", "step", "depth"] as const),
    ...(["windows", "width", "spare"] as const),
  ]);
  return {
    name: "conv.inputGradientTile",
    parameters: i32s(p),
    exported: false,
    body: (code) => {
      const v = code.variables("m", "tap", "weights", "from", "rest", "row", "at0", "at1", "at2", "at3");
      const to = [v.at0, v.at1, v.at2, v.at3];
      const tile = new Tile(code, relaxed);
      code.count(v.m, p.step, 1, () => {
        code.put(v.from, p.panel).put(v.rest, p.k).put(v.weights, p.a);
        tile.loop(
          v.rest,
          (u) => {
            tile.take(panelAt(v.from, u), (row) => [v.weights, row * 4]);
            code.advance(v.weights, 16);
          },
          (steps) => code.advance(v.from, 32 * steps),
        );
        code.put(p.a, p.k, [4], "i32.shl", p.a, "i32.add");
        code.put(v.row, v.m).put(v.tap, p.taps, v.m, [2], "i32.shl", "i32.add");
        code.get(p.windows).branch(
          () => {
            for (const row of rows) code.put(to[row], p.spare, [row * 32], "i32.add");
            tile.store(to, false);
            for (const row of rows)
              onward(row, () => {
                code.push(to[row], p.windows, p.width, p.to, v.tap).access("i32.load").op("i32.add");
                code.call("conv.scatter");
              });
          },
          () => {
            for (const row of rows)
              onward(row, () => {
                code.push(p.to, v.tap).access("i32.load").op("i32.add").set(to[row]);
                tile.storeApart(row, to[row], p.toNext, true);
              });
          },
        );
      });

      /** Runs the body with the row's tap if there is one, then goes on to the next row's. */
      function onward(row: number, body: () => void): void {
        code.push(v.row, p.depth, "i32.lt_s").branch(body);
        if (row < 3) code.put(v.row, v.row, p.step, "i32.add").put(v.tap, p.step, [2], "i32.shl", v.tap, "i32.add");
      }
    },
  };
}

/** (from, windows, width, to): adds so many numbers to the image, where the table of windows says. */
export const scatterFunction: FunctionDefinition = {
  name: "conv.scatter",
  parameters: ["i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [from, windows, width, to] = [0, 1, 2, 3];
    const at = code.local("i32");
    code.repeat(width, () => {
      code.get(windows).access("i32.load").get(to).op("i32.add").tee(at);
      code.get(at).access("f32.load").get(from).access("f32.load").op("f32.add").access("f32.store");
      code.advance(from, 4).advance(windows, 4);
    });
  },
};

/**
 * Gathers eight windows side by side, tap by tap, so that they can be read as if they were neighbours; of windows that
 * are lacking, the last again.
 */
export const gatherFunction: FunctionDefinition = {
  name: "conv.gather",
  parameters: i32s(new Array(6).fill(0)),
  exported: false,
  body: (code) => {
    const [image, windows, width, taps, k, to] = [0, 1, 2, 3, 4, 5];
    const tap = code.local("i32");
    const from = locals(code, 8, "i32");
    from.forEach((pointer, j) => {
      code.push(windows, [j * 4], "i32.add", windows, width, [1], "i32.sub", [2], "i32.shl", "i32.add");
      code.push(width, [j], "i32.gt_s", "select").access("i32.load").get(image).op("i32.add").set(pointer);
    });
    code.repeat(k, () => {
      code.get(taps).access("i32.load").set(tap);
      from.forEach((pointer, j) => {
        code
          .get(to)
          .push(pointer, tap, "i32.add")
          .access("f32.load")
          .access("f32.store", j * 4);
      });
      code.advance(taps, 4).advance(to, 32);
    });
  },
};

/**
 * (from, next, mask0, mask1, row, to, k): four numbers of each of k rows, as many `next` bytes further, and zeros where the masks
 * have them, as a panel.
 */
export const packQuadsFunction: FunctionDefinition = {
  name: "conv.packQuads",
  parameters: i32s(new Array(7).fill(0)),
  exported: false,
  body: (code) => {
    const [from, next, mask0, mask1, row, to, k] = [0, 1, 2, 3, 4, 5, 6];
    const masks = locals(code, 2);
    for (const [i, mask] of masks.entries()) code.get([mask0, mask1][i]).access("v128.load").set(mask);
    code.repeat(k, () => {
      code.get(to).get(from).access("v128.load").get(masks[0]).op("v128.and").access("v128.store");
      code.get(to).push(from, next, "i32.add").access("v128.load").get(masks[1]).op("v128.and");
      code.access("v128.store", 16).advance(to, 32).put(from, from, row, "i32.add");
    });
  },
};
