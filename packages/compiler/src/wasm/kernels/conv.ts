/**
 * Convolution in WebAssembly, forward and backward: a matrix product of the kernels with every window, of which no
 * matrix is ever made. Windows of which four lie side by side are read where they are; others are gathered eight at a time.
 *
 * All is float32: images [N, C, H, W], weights [O, C / groups, kh, kw], results [N, O, windows]; addresses in bytes.
 */
import type { FunctionDefinition, Term } from "../assembler.ts";
import { areFinite, depthwise, depthwiseByInput, depthwiseByWeight, depthwiseFunctions } from "./conv-depthwise.ts";
import type { Fields } from "./conv-geometry.ts";
import { linesFunction, padFunction } from "./conv-lines.ts";
import { parameters, Run } from "./conv-run.ts";
import {
  gatherFunction,
  inputGradientTile,
  packQuadsFunction,
  scatterFunction,
  type TileOptions,
  tapsTile,
  windowsTile,
} from "./conv-tile.ts";
import { packEightFunction, packFour } from "./gemm-pack.ts";

/**
 * (first operand, second operand, result, geometry, scratch, from, to), see `geometryOf`: what is computed is the part
 * from `from` up to `to`, so that work can be divided.
 */
export type Convolve = (
  a: number,
  b: number,
  result: number,
  geometry: number,
  scratch: number,
  from: number,
  to: number,
) => void;

export interface Convolution {
  /**
   * (x, weights): the convolution of images `from` to `to`. After them come the address of what is added to each channel, 0 for
   * nothing, and 1 where nothing below 0 is let through.
   */
  readonly convolve: (...numbers: [...Parameters<Convolve>, bias: number, relu: number]) => void;
  /** (g, weights): the gradient by images `from` to `to`, given that by the result. */
  readonly convolveInputGradient: Convolve;
  /** (x, g): the gradient by the weights: parts `from` to `to`, see `Geometry.weightParts`. */
  readonly convolveWeightGradient: Convolve;
}

/** The functions of a module that convolves. */
export function convolutionFunctions(options: TileOptions = { relaxed: false }): readonly FunctionDefinition[] {
  const define = (name: keyof Convolution, body: (run: Run) => void): FunctionDefinition => ({
    name,
    parameters: new Array(Object.keys(parameters).length - (name === "convolve" ? 0 : 2)).fill("i32"),
    body: (code) => body(new Run(code)),
  });
  return [
    define("convolve", (run) =>
      run.code.get(run.f.isDepthwise).branch(
        () => depthwise(run),
        () => forward(run),
      ),
    ),
    define("convolveInputGradient", (run) => {
      const { code, f } = run;
      // Gradients of windows that there are not are no zeros to infinite weights.
      code.block(() => {
        areFinite(code, parameters.b, [f.groups, f.outputs, "i32.mul", f.depth, "i32.mul"]);
        code.leaveIf().put(f.isDepthwise, [0]).put(f.quadPairs, [0]);
      });
      code.get(f.isDepthwise).branch(
        () => depthwiseByInput(run),
        () => byInput(run),
      );
    }),
    define("convolveWeightGradient", (run) =>
      run.code.get(run.f.isDepthwise).branch(
        () => depthwiseByWeight(run),
        () => byWeight(run),
      ),
    ),
    ...depthwiseFunctions(options.relaxed),
    windowsTile(options, false),
    windowsTile(options, true),
    tapsTile(options),
    inputGradientTile(options),
    gatherFunction,
    packQuadsFunction,
    scatterFunction,
    padFunction,
    linesFunction,
    packFour(),
    packEightFunction,
  ];
}

function forward(run: Run): void {
  const { code, v, f } = run;
  const { a, b, result, geometry, scratch } = parameters;
  const [taps, windows, steps] = [f.taps, f.windows, f.steps].map((field) => run.address(geometry, field));
  const [edge, weights, image, panel] = [f.edge, f.weights, f.image, f.panel].map((x) => run.address(scratch, x));
  const row = code.local("i32");
  code.put(row, f.count, [2], "i32.shl");
  packKernels(run, f, b, weights);
  code.push(image, [0], f.padded, "memory.fill");
  run.eachImage(() => {
    run.atImage(a, result);
    code.get(f.padded).branch(() => code.push(v.x, image, geometry, [1]).call("conv.pad").put(v.x, image));
    code.put(v.w, weights);
    code.count(v.group, f.groups, 1, () => {
      code.get(f.quadPairs).branch(
        () =>
          run.eachTwoQuads(() => {
            const call = (name: string) => {
              code.get(v.w);
              run.pushQuads(v.x, 0);
              code.push(taps, f.depth);
              run.pushQuads(v.y, 1);
              code.push(row, f.outputs, parameters.relu).call(name);
            };
            run.pushQuads(v.x, 0);
            code.push([16], "i32.eq").set(v.tap).op("drop");
            code.get(v.tap).branch(
              () => call("conv.windows"),
              () => call("conv.windowsApart"),
            );
          }),
        () =>
          run.eachPanel(f.count, () => {
            code.put(v.from, windows, v.p, [2], "i32.shl", "i32.add").put(v.to, v.p, [2], "i32.shl", v.y, "i32.add");
            code.push(v.x, v.from, v.width, taps, f.depth, panel).call("conv.gather");
            const partial: Term[] = [v.width, [8], "i32.lt_s"];
            code.push(v.w, panel, [16], steps, f.depth, edge, v.to, ...partial, "select", [16]);
            code.push([32], row, ...partial, "select", f.outputs, parameters.relu).call("conv.windows");
            code
              .push(...partial)
              .branch(() => code.push(edge, [32], [4], v.to, row, [4], f.outputs, v.width).call("conv.lines"));
          }),
      );
      code.put(v.x, v.x, f.groupBytes, "i32.add").put(v.y, row, f.outputs, "i32.mul", v.y, "i32.add");
      code.push(f.outputs, [3], "i32.add", [-4], "i32.and", f.depth, [1], "i32.add", "i32.mul", [2], "i32.shl");
      code.push(v.w, "i32.add").set(v.w);
    });
  });
}

/** All kernels in panels of four, their biases (or zeros) and then tap by tap, group after group. */
function packKernels({ code, v }: Run, { groups, outputs, depth }: Fields, from: number, weights: number): void {
  const bias = code.local("i32");
  code.put(v.from, from).put(v.to, weights).put(bias, parameters.bias);
  code.count(v.group, groups, 1, () => {
    code.count(v.i, outputs, 4, () => {
      code.put(v.lines, outputs, v.i, "i32.sub");
      code.get(bias).branch(
        () => {
          code.push(bias, v.i, [2], "i32.shl", "i32.add", [4], [4], v.to, [16], v.lines, [1]).call("gemm.pack4");
          // Sums begin with 0 and never with -0, which they could end with.
          code.get(v.to).get(v.to).access("v128.load").zero128().op("f32x4.add").access("v128.store");
        },
        () => code.push(v.to, [0], [16], "memory.fill"),
      );
      code.advance(v.to, 16);
      code.push(v.from, v.i, depth, "i32.mul", [2], "i32.shl", "i32.add", depth, [2], "i32.shl", [4], v.to);
      code.push([16], v.lines, depth).call("gemm.pack4").put(v.to, depth, [4], "i32.shl", v.to, "i32.add");
    });
    code.get(bias).branch(() => code.put(bias, outputs, [2], "i32.shl", bias, "i32.add"));
    code.put(v.from, outputs, depth, "i32.mul", [2], "i32.shl", v.from, "i32.add");
  });
}

function byWeight(run: Run): void {
  const { code, v, f } = run;
  const { a, b, geometry, scratch, from, to } = parameters;
  const [taps, windows] = [f.taps, f.windows].map((field) => run.address(geometry, field));
  const [image, panel, sums] = [f.image, f.panel, f.sums].map((field) => run.address(scratch, field));
  const [row, wanted] = [code.local("i32"), code.local("i32")];
  code.put(row, f.count, [2], "i32.shl");
  // As many taps as the tiles `from` to `to` have.
  code.put(wanted, to, [2], "i32.shl", f.depth, to, [2], "i32.shl", f.depth, "i32.lt_s", "select");
  code.put(wanted, wanted, from, [2], "i32.shl", "i32.sub");
  const panels: Term[] = [f.outputs, [7], "i32.add", [3], "i32.shr_u"];
  code.push(sums, [0], f.tiles, ...panels, "i32.mul", f.groups, "i32.mul", [7], "i32.shl", "memory.fill");
  code.push(image, [0], f.padded, "memory.fill");
  code.count(v.n, f.images, 1, () => {
    run.atImage(a, b);
    code.get(f.padded).branch(() => code.push(v.x, image, geometry, [1]).call("conv.pad").put(v.x, image));
    code.put(v.to, sums);
    code.count(v.group, f.groups, 1, () => {
      code.count(v.i, f.outputs, 8, () => {
        code.push(v.y, v.i, row, "i32.mul", "i32.add", row, [4], panel);
        code.put(v.lines, f.outputs, v.i, "i32.sub");
        code.push(v.lines, [8], v.lines, [8], "i32.lt_s", "select", f.count).call("gemm.pack8");
        code.push(v.x, from, [4], "i32.shl", taps, "i32.add", wanted, windows, f.count, panel);
        code.push(from, [7], "i32.shl", v.to, "i32.add").call("conv.taps");
        code.put(v.to, f.tiles, [7], "i32.shl", v.to, "i32.add");
      });
      code.put(v.x, v.x, f.groupBytes, "i32.add").put(v.y, row, f.outputs, "i32.mul", v.y, "i32.add");
    });
  });
  unpackSums(run, f, sums, wanted);
}

/** From sums in tiles of four taps by eight kernels to kernels, tap by tap. */
function unpackSums({ code, v }: Run, { groups, outputs, depth, tiles }: Fields, sums: number, wanted: number): void {
  const { result, from } = parameters;
  code.put(v.from, sums).put(v.y, result);
  code.count(v.group, groups, 1, () => {
    code.count(v.i, outputs, 1, () => {
      // Kernel i lies in lane i mod 8 of panel i / 8.
      code.push(v.i, [3], "i32.shr_u", tiles, "i32.mul", [7], "i32.shl", v.i, [7], "i32.and", [2], "i32.shl");
      code.push("i32.add", v.from, "i32.add", from, [7], "i32.shl", "i32.add").set(v.x);
      code.push(v.x, [0], [32], from, [4], "i32.shl", v.y, "i32.add", [0], [4], [1], wanted).call("conv.lines");
      code.put(v.y, depth, [2], "i32.shl", v.y, "i32.add");
    });
    code.push(outputs, [7], "i32.add", [3], "i32.shr_u", tiles, "i32.mul", [7], "i32.shl");
    code.push(v.from, "i32.add").set(v.from);
  });
}

function byInput(run: Run): void {
  const { code, v, f } = run;
  const { a, b, result, geometry, scratch } = parameters;
  const [taps, windows] = [f.taps, f.windows].map((field) => run.address(geometry, field));
  const [weights, image, panel] = [f.weights, f.image, f.panel].map((field) => run.address(scratch, field));
  const row = code.local("i32");
  code.put(row, f.count, [2], "i32.shl");
  packByTaps(run, f, b, weights);
  run.eachImage(() => {
    run.atImage(result, a);
    code
      .put(v.image, v.x)
      .get(f.padded)
      .branch(() => code.put(v.x, image));
    code.push(v.x, [0], f.groups, f.groupBytes, "i32.mul", "memory.fill").put(v.w, weights);
    code.count(v.group, f.groups, 1, () => {
      code.get(f.quadPairs).branch(
        () =>
          run.eachTwoQuads(() => {
            run.pushQuads(v.y, 1);
            run.pushMasks();
            code.push(row, panel, f.outputs).call("conv.packQuads").push(v.w, panel, f.outputs);
            run.pushQuads(v.x, 0);
            code.push(taps, f.tiles, f.depth, [0], [8], scratch).call("conv.inputGradientTile");
          }),
        () =>
          run.eachPanel(f.count, () => {
            code.push(v.p, [2], "i32.shl", v.y, "i32.add", [4], row, panel, v.width, f.outputs).call("gemm.pack8");
            code.push(v.w, panel, f.outputs, v.x, [16], taps, f.tiles, f.depth);
            code.push(windows, v.p, [2], "i32.shl", "i32.add", v.width, scratch).call("conv.inputGradientTile");
          }),
      );
      code.put(v.x, v.x, f.groupBytes, "i32.add").put(v.y, row, f.outputs, "i32.mul", v.y, "i32.add");
      code.put(v.w, f.tiles, f.outputs, "i32.mul", [4], "i32.shl", v.w, "i32.add");
    });
    // Planes lack what no window sees.
    code.push(f.padAcross, [4], "i32.gt_s").branch(() => code.push(v.image, [0], f.imageBytes, "memory.fill"));
    code.get(f.padded).branch(() => code.push(v.image, image, geometry, [0]).call("conv.pad"));
  });
}

/** All kernels in panels of four taps, a quarter of all apart, output by output. */
function packByTaps({ code, v }: Run, f: Fields, from: number, weights: number): void {
  const { groups, outputs, tiles, depth } = f;
  code.put(v.from, from).put(v.to, weights);
  code.count(v.group, groups, 1, () => {
    code.count(v.i, tiles, 1, () => {
      code.put(v.lines, depth, v.i, "i32.sub", tiles, "i32.add", [1], "i32.sub", tiles, "i32.div_s");
      code.push(v.i, [2], "i32.shl", v.from, "i32.add", tiles, [2], "i32.shl", depth, [2], "i32.shl", v.to, [16]);
      code.push(v.lines, outputs).call("gemm.pack4").put(v.to, outputs, [4], "i32.shl", v.to, "i32.add");
    });
    code.put(v.from, outputs, depth, "i32.mul", [2], "i32.shl", v.from, "i32.add");
  });
}
