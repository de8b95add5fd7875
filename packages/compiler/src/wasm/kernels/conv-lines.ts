/**
 * Copies of rectangles: into images with zeros around them, and out of them.
 */
import type { FunctionDefinition, Term } from "../assembler.ts";
import { fetchFields } from "./conv-geometry.ts";

/** Copies a rectangle: (from, its strides of rows and columns, to, its strides, rows, columns), in bytes. */
export const linesFunction: FunctionDefinition = {
  name: "conv.lines",
  parameters: new Array(8).fill("i32"),
  exported: false,
  body: (code) => {
    const [from, fromRow, fromColumn, to, toRow, toColumn, rows, columns] = [0, 1, 2, 3, 4, 5, 6, 7];
    const { left, p, q } = code.variables("left", "p", "q");
    /** Four at a time, the last four of a row once more. */
    const byFours = (bytes: number, copy: () => void) => {
      code.repeat(rows, () => {
        code.put(p, from).put(q, to).put(left, columns);
        code.loop(() => {
          copy();
          code
            .advance(p, 4 * bytes)
            .advance(q, 16)
            .advance(left, -4);
          code.push(left, [4], "i32.ge_s").leaveIf();
        });
        code.get(left).branch(() => {
          code.push(left, [4], "i32.sub").set(left);
          code.put(p, left, [bytes], "i32.mul", p, "i32.add").put(q, left, [2], "i32.shl", q, "i32.add");
          copy();
        });
        code.put(from, from, fromRow, "i32.add").put(to, to, toRow, "i32.add");
      });
    };
    code.push(toColumn, [4], "i32.eq", columns, [4], "i32.ge_s", "i32.and").branch(() => {
      code.push(fromColumn, [4], "i32.eq").branch(() => {
        byFours(4, () => code.get(q).get(p).access("v128.load").access("v128.store"));
        code.op("return");
      });
      code.push(fromColumn, [8], "i32.eq").branch(() => {
        // No further than the seventh number.
        byFours(8, () => {
          code.get(q).get(p).access("v128.load").get(p).access("v128.load", 12).shuffle(0, 2, 5, 7);
          code.access("v128.store");
        });
        code.op("return");
      });
    });
    code.repeat(rows, () => {
      code.put(p, from).put(q, to).put(left, columns);
      code.repeat(left, () => {
        code.get(q).get(p).access("f32.load").access("f32.store");
        code.put(p, p, fromColumn, "i32.add").put(q, q, toColumn, "i32.add");
      });
      code.put(from, from, fromRow, "i32.add").put(to, to, toRow, "i32.add");
    });
  },
};

/**
 * (image, padded image, geometry, copiesIn): copies an image into the middle of one that is larger, or into planes, or (`copiesIn` 0) back
 * out of it.
 */
export const padFunction: FunctionDefinition = {
  name: "conv.pad",
  parameters: ["i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [image, padded, geometry, copiesIn] = [0, 1, 2, 3];
    const f = fetchFields(code, geometry);
    const { left, phase, to } = code.variables("left", "phase", "to");
    const inner: Term[] = [to, f.paddedRow, [4]];
    const field = (i: number) => code.get(phase).access("i32.load", 4 * i);
    code.repeat(f.planes, () => {
      code.put(phase, geometry, f.pads, "i32.add").put(left, f.padCount);
      code.repeat(left, () => {
        const outer = () => field(0).push(image, "i32.add", f.padDown, f.padAcross);
        const copy = () => {
          field(2);
          field(3).call("conv.lines");
        };
        field(1).push(padded, "i32.add").set(to);
        code.get(copiesIn).branch(
          () => {
            outer().push(...inner);
            copy();
          },
          () => {
            code.push(...inner);
            outer();
            copy();
          },
        );
        code.advance(phase, 16);
      });
      code.put(padded, padded, f.plane, "i32.add").put(image, image, f.imagePlane, "i32.add");
    });
  },
};
