/**
 * Depthwise convolution: each image has kernels of its own, so that there is nothing to share between kernels, and vectors hold
 * outputs that lie side by side. Images lie flat (see `depthwiseGeometry`), so that these have no ends but the last.
 */
import { type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";
import { backPhaseInts, flatStep } from "./conv-depthwise-geometry.ts";
import { parameters, type Run } from "./conv-run.ts";
import { floatLanes, locals, multiplyAdd } from "./float-lanes.ts";

/** How many taps' products are added up at once: two vectors of each, and of what they are multiplied by. */
const tapsAtOnce = 3;

/** The functions that the loops below call. */
export function depthwiseFunctions(relaxed: boolean): readonly FunctionDefinition[] {
  return [flatFunction(relaxed), dotsFunction(tapsAtOnce, relaxed), dotsFunction(1, relaxed), carefulDotFunction];
}

/** Runs the body with `x` at each channel of an image. */
function eachChannel({ code, v, f }: Run, body: () => void): void {
  code.count(v.group, f.groups, 1, () => {
    body();
    code.put(v.x, v.x, f.imagePlane, "i32.add");
  });
}

/** Lays a channel out in planes. */
function layOut({ code, v, f }: Run, planes: number, phases: number): void {
  code.put(v.i, f.phaseCount).put(v.from, phases);
  code.repeat(v.i, () => {
    code.get(v.from).access("i32.load").push(v.x, "i32.add", f.downBytes, f.acrossBytes);
    code.get(v.from).access("i32.load", 4).push(planes, "i32.add", f.pitch, [4]);
    code.get(v.from).access("i32.load", 8).get(v.from).access("i32.load", 12).call("conv.lines");
    code.advance(v.from, 16);
  });
}

/** Σ over taps, for each window. */
export function depthwise(run: Run): void {
  const { code, v, f } = run;
  const { a, b, result, geometry, scratch } = parameters;
  const [pairs, phases] = [run.address(geometry, f.pairs), run.address(geometry, f.phases)];
  const [planes, flat] = [run.address(scratch, f.flatImage), run.address(scratch, f.flatResult)];
  const bias = code.local("i32");
  code.push(planes, [0], f.planeBytes, "memory.fill");
  run.eachImage(() => {
    run.atImage(a, result);
    code.put(v.w, b).put(bias, parameters.bias);
    eachChannel(run, () => {
      layOut(run, planes, phases);
      code.count(v.j, f.outputs, 1, () => {
        code.push(planes, pairs, v.w, f.depth, flat, f.flatCount, bias, parameters.relu).call("conv.flat");
        code.get(bias).branch(() => code.advance(bias, 4));
        code.push(flat, f.pitch, [4], v.y, f.across, [2], "i32.shl", [4], f.down, f.across).call("conv.lines");
        code.put(v.y, f.count, [2], "i32.shl", v.y, "i32.add").put(v.w, f.depth, [2], "i32.shl", v.w, "i32.add");
      });
    });
  });
}

/** The gradients by the kernels of images `from` to `to` of each of the batch: dot products of planes and gradients. */
export function depthwiseByWeight(run: Run): void {
  const { code, v, f } = run;
  const { a, b, result, geometry, scratch, from, to } = parameters;
  const [pairs, phases] = [run.address(geometry, f.pairs), run.address(geometry, f.phases)];
  const [planes, flat] = [run.address(scratch, f.flatImage), run.address(scratch, f.flatResult)];
  const weightBytes: Term[] = [f.outputs, f.depth, "i32.mul", [2], "i32.shl", "i32.mul"];
  // What lies between rows of gradients is 0.
  code.push(planes, [0], f.planeBytes, "memory.fill", flat, [0], f.flatBytes, "memory.fill");
  code.put(v.w, result, from, ...weightBytes, "i32.add");
  code.push(v.w, [0], to, from, "i32.sub", ...weightBytes, "memory.fill");
  code.put(f.groups, to, from, "i32.sub");
  code.count(v.n, f.images, 1, () => {
    run.atImage(a, b);
    code.put(v.x, from, f.imagePlane, "i32.mul", v.x, "i32.add");
    code.put(v.y, from, f.outputs, "i32.mul", f.count, "i32.mul", [2], "i32.shl", v.y, "i32.add");
    code.put(v.w, result, from, ...weightBytes, "i32.add");
    eachChannel(run, () => {
      layOut(run, planes, phases);
      code.count(v.j, f.outputs, 1, () => {
        code.push(v.y, f.across, [2], "i32.shl", [4], flat, f.pitch, [4], f.down, f.across).call("conv.lines");
        code.put(v.tap, pairs);
        const dots = (taps: number) => {
          code.push(planes, v.tap, flat, f.flatCount, v.w, f.pitch, f.down, f.across).call(`conv.dots${taps}`);
          code.advance(v.tap, 8 * taps).advance(v.w, 4 * taps);
        };
        code.put(v.i, f.depth, [tapsAtOnce], "i32.div_u").repeat(v.i, () => dots(tapsAtOnce));
        code.put(v.i, f.depth, [tapsAtOnce], "i32.rem_u").repeat(v.i, () => dots(1));
        code.put(v.y, f.count, [2], "i32.shl", v.y, "i32.add");
      });
    });
  });
}

/** Σ over taps of the gradients, with zeros around them, of the windows that saw a number through them. */
export function depthwiseByInput(run: Run): void {
  const { code, v, f } = run;
  const { a, b, result, geometry, scratch } = parameters;
  const phases = run.address(geometry, f.backPhases);
  const [planes, flat] = [run.address(scratch, f.flatImage), run.address(scratch, f.flatResult)];
  code.push(planes, [0], f.flatResult, f.flatImage, "i32.sub", "memory.fill");
  run.eachImage(() => {
    run.atImage(result, a);
    code.put(v.w, b);
    eachChannel(run, () => {
      code.put(v.to, planes, f.backTo, "i32.add");
      code.count(v.j, f.outputs, 1, () => {
        code.push(v.y, f.across, [2], "i32.shl", [4], v.to, f.backPitch, [4], f.backRows, f.backColumns);
        code.call("conv.lines").put(v.to, v.to, f.backPlane, "i32.add");
        code.put(v.y, f.count, [2], "i32.shl", v.y, "i32.add");
      });
      code.put(v.from, phases).put(v.i, f.backPhaseCount);
      code.repeat(v.i, () => {
        const field = (i: number) => code.get(v.from).access("i32.load", 4 * i);
        const taps = 4 * backPhaseInts;
        field(1).push(planes, "i32.add", v.from, [taps], "i32.add", v.w);
        field(0).get(flat);
        field(2).push([0], [0]).call("conv.flat");
        code.push(flat, f.backPitch, [4]);
        field(3).push(v.x, "i32.add", f.downBytes, f.acrossBytes);
        field(4);
        field(5).call("conv.lines");
        field(0).push([3], "i32.shl", v.from, "i32.add", [taps], "i32.add").set(v.from);
      });
      code.put(v.w, f.outputs, f.depth, "i32.mul", [2], "i32.shl", v.w, "i32.add");
    });
  });
}

/** Leaves whether so many numbers are finite: infinity times 0 is NaN. */
export function areFinite(code: Code, at: number, count: readonly Term[]): void {
  const [from, left, sum] = [code.local("i32"), code.local("i32"), code.local("f32")];
  code.put(from, at).put(left, ...count);
  code.float(0).set(sum);
  code.repeat(left, () => {
    code.get(from).access("f32.load").float(0).op("f32.mul").get(sum).op("f32.add").set(sum);
    code.advance(from, 4);
  });
  code.get(sum).float(0).op("f32.eq");
}

const i32s = (parameters: object) => Object.keys(parameters).map(() => "i32" as const);

/**
 * y[t] = b + Σ w[k] x[t + taps[k]] for `count` numbers, and up to the next multiple of `flatStep`; taps are pairs of offsets in x
 * and w. b is at `bias`, or 0 where that is 0; with `relu` nothing below 0 goes through.
 */
function flatFunction(relaxed: boolean): FunctionDefinition {
  const p = numbered(["x", "taps", "w", "k", "y", "count", "bias", "relu"]);
  const options = { type: floatLanes.float32, relaxed };
  return {
    name: "conv.flat",
    parameters: i32s(p),
    exported: false,
    body: (code) => {
      const v = code.variables("i", "tap", "left", "at");
      const [weight, ...sums] = locals(code, 1 + flatStep / 4);
      code.count(v.i, p.count, flatStep, () => {
        code.get(p.bias).branch(
          // Sums begin with 0 and never with -0, which they could end with.
          () => code.get(p.bias).access("v128.load32_splat").zero128().op("f32x4.add").set(weight),
          () => code.zero128().set(weight),
        );
        for (const sum of sums) code.get(weight).set(sum);
        code.put(v.tap, p.taps).put(v.left, p.k);
        code.repeat(v.left, () => {
          code.get(v.tap).access("i32.load", 4).push(p.w, "i32.add").access("v128.load32_splat").set(weight);
          code.get(v.tap).access("i32.load").push(p.x, "i32.add").set(v.at);
          sums.forEach((sum, i) => {
            multiplyAdd(code, options, sum, () =>
              code
                .get(weight)
                .get(v.at)
                .access("v128.load", i * 16),
            );
          });
          code.advance(v.tap, 8);
        });
        code.get(p.relu).branch(() => {
          for (const sum of sums) code.get(sum).zero128().op("f32x4.pmax").set(sum);
        });
        sums.forEach((sum, i) => {
          code
            .get(p.y)
            .get(sum)
            .access("v128.store", i * 16);
        });
        code.advance(p.x, 4 * flatStep).advance(p.y, 4 * flatStep);
      });
    },
  };
}

/**
 * Adds to each of so many numbers at `to` the product of what a tap sees of x and of g, which has zeros between its rows.
 * Where x is infinite or NaN there, the rows are taken by themselves.
 */
function dotsFunction(taps: number, relaxed: boolean): FunctionDefinition {
  const p = numbered(["x", "taps", "g", "count", "to", "pitch", "rows", "columns"]);
  const options = { type: floatLanes.float32, relaxed };
  return {
    name: `conv.dots${taps}`,
    parameters: i32s(p),
    exported: false,
    body: (code) => {
      const v = code.variables("from", "steps");
      const at = locals(code, taps, "i32");
      const [low, high, ...sums] = locals(code, 2 + 2 * taps);
      const sum = code.local("f32");
      at.forEach((pointer, k) => {
        code
          .get(p.taps)
          .access("i32.load", 8 * k)
          .push(p.x, "i32.add")
          .set(pointer);
      });
      code.put(v.from, p.g).put(v.steps, p.count, [7], "i32.add", [3], "i32.shr_u");
      code.repeat(v.steps, () => {
        code.get(v.from).access("v128.load").set(low).get(v.from).access("v128.load", 16).set(high);
        at.forEach((pointer, k) => {
          for (const [i, g] of [low, high].entries())
            multiplyAdd(code, options, sums[2 * k + i], () =>
              code
                .get(g)
                .get(pointer)
                .access("v128.load", i * 16),
            );
          code.advance(pointer, 32);
        });
        code.advance(v.from, 32);
      });
      for (let k = 0; k < taps; k++) {
        const four = sums[2 * k];
        code
          .get(four)
          .get(sums[2 * k + 1])
          .op("f32x4.add")
          .set(four);
        for (const lane of [0, 1, 2, 3]) {
          code.get(four).lane("f32x4.extract_lane", lane);
          if (lane > 0) code.op("f32.add");
        }
        code.set(sum);
        code.get(sum).get(sum).op("f32.sub").float(0).op("f32.eq");
        code.branch(
          () => {
            code
              .get(p.to)
              .get(p.to)
              .access("f32.load", 4 * k)
              .get(sum)
              .op("f32.add");
            code.access("f32.store", 4 * k);
          },
          () => {
            code
              .get(p.taps)
              .access("i32.load", 8 * k)
              .push(p.x, "i32.add", p.g, p.pitch, p.rows, p.columns, p.to, [4 * k], "i32.add");
            code.call("conv.carefulDot");
          },
        );
      }
    },
  };
}

/** Adds to what is at `to` the products of rows of x and g, both `pitch` bytes apart, added up. */
const carefulDotFunction: FunctionDefinition = {
  name: "conv.carefulDot",
  parameters: new Array(6).fill("i32"),
  exported: false,
  body: (code) => {
    const [x, g, pitch, rows, columns, to] = [0, 1, 2, 3, 4, 5];
    const { left, at } = code.variables("left", "at");
    const sum = code.local("f32");
    code.repeat(rows, () => {
      code.put(left, columns).put(at, [0]);
      code.repeat(left, () => {
        code.push(x, at, "i32.add").access("f32.load").push(g, at, "i32.add").access("f32.load").op("f32.mul");
        code.get(sum).op("f32.add").set(sum).advance(at, 4);
      });
      code.put(x, x, pitch, "i32.add").put(g, g, pitch, "i32.add");
    });
    code.get(to).get(to).access("f32.load").get(sum).op("f32.add").access("f32.store");
  },
};
