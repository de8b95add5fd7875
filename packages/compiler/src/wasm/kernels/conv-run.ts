/**
 * What the loops of convolution have in common: the fields of the geometry, images, panels of eight windows.
 */
import { type Code, numbered } from "../assembler.ts";
import { type Fields, fetchFields, quadInts } from "./conv-geometry.ts";

/** Those of `Convolve`; the last two of convolution forward alone. */
export const parameters = numbered(["a", "b", "result", "geometry", "scratch", "from", "to", "bias", "relu"]);

/** One call: the fields of its geometry, and the loops that all three have. */
export class Run {
  readonly code: Code;
  readonly v;
  readonly f: Fields;

  constructor(code: Code) {
    this.code = code;
    this.f = fetchFields(code, parameters.geometry);
    this.v = code.variables(
      ...(["n", "left", "group", "p", "i", "j", "width", "image"] as const),
      ...(["x", "y", "w", "to", "from", "lines", "tap"] as const),
    );
  }

  /** The address that a field of the geometry names, from the start of the table or of scratch. */
  address(base: number, field: number): number {
    const local = this.code.local("i32");
    this.code.put(local, base, field, "i32.add");
    return local;
  }

  /** Runs the body with `n` at each of the images that are asked for. */
  eachImage(body: () => void): void {
    const { code, v } = this;
    const { from, to } = parameters;
    code.put(v.n, from).put(v.left, to, from, "i32.sub");
    code.repeat(v.left, () => {
      body();
      code.advance(v.n, 1);
    });
  }

  /** Puts `x` at the image of `n` and `y` at its result. */
  atImage(x: number, y: number): void {
    const { code, v, f } = this;
    code.put(v.x, v.n, f.imageBytes, "i32.mul", x, "i32.add").put(v.y, v.n, f.resultBytes, "i32.mul", y, "i32.add");
  }

  /** Runs the body at every two quads, with `from` at what the table says of the first. */
  eachTwoQuads(body: () => void): void {
    const { code, v, f } = this;
    code.put(v.from, parameters.geometry, f.quads, "i32.add").put(v.lines, f.quadPairs);
    code.repeat(v.lines, () => {
      body();
      code.advance(v.from, 8 * quadInts);
    });
  }

  /** Pushes where something is of the first quad at hand, and how many bytes further of the second. */
  pushQuads(base: number, field: 0 | 1): void {
    const { code, v } = this;
    const [first, second] = [4 * field, 4 * (field + quadInts)];
    code.get(v.from).access("i32.load", first).push(base, "i32.add");
    code.get(v.from).access("i32.load", second).get(v.from).access("i32.load", first).op("i32.sub");
  }

  /** Pushes where the masks of both are. */
  pushMasks(): void {
    const { code, v, f } = this;
    for (const quad of [0, 1]) {
      code.push(parameters.geometry, f.masks, "i32.add", [16], "i32.add");
      code
        .get(v.from)
        .access("i32.load", 4 * (quad * quadInts + 2))
        .op("i32.sub");
    }
  }

  /** Runs the body at every eighth window, `width` of which are there. */
  eachPanel(count: number, body: () => void): void {
    const { code, v } = this;
    code.count(v.p, count, 8, () => {
      code.put(v.width, count, v.p, "i32.sub");
      code.put(v.width, v.width, [8], v.width, [8], "i32.lt_s", "select");
      body();
    });
  }
}
