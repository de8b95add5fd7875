import { jit } from "@chainrule/compiler";
import { OptionError, ShapeError, type Tensor, tensor, ValueError, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkLoss, ctc } from "../index.ts";

const logits = [
  [
    [1, 0, -1],
    [0.5, 0.25, 0],
    [-1, 2, 0.5],
    [0, 1, -2],
  ],
  [
    [0, 0, 1],
    [2, -1, 0],
    [1, 1, 0.5],
    [0.5, -0.5, 0],
  ],
];
const prediction = tensor(logits, { dtype: "float64" });

/** -log of the summed probability of every path that reads as `labels`: the definition, all Cᵀ paths. */
function byEnumeration(rows: number[][], labels: number[], blank: number): number {
  const logP = rows.map((row) => row.map((x) => x - Math.log(row.reduce((total, y) => total + Math.exp(y), 0))));
  const classes = rows[0].length;
  let total = 0;
  for (let path = 0; path < classes ** rows.length; path++) {
    const steps = rows.map((_, t) => Math.floor(path / classes ** t) % classes);
    const read = steps.filter((label, t) => label !== blank && label !== steps[t - 1]);
    if (read.join() === labels.join()) total += Math.exp(steps.reduce((sum, label, t) => sum + logP[t][label], 0));
  }
  return -Math.log(total);
}

describe("ctc", () => {
  it("sums over all paths, as enumerating them does", () => {
    for (const [labels, blank] of [
      [[1, 1], 0],
      [[2], 0],
      [[1, 2], 0],
      [[2, 1, 2], 0],
      [[0, 1], 2],
      [[1], 2],
    ] as const) {
      const loss = ctc(prediction, [[...labels], [...labels]], { blank, reduction: "none" });
      const data = logits.map((rows) => byEnumeration(rows, [...labels], blank));
      expectClose(loss, { shape: [2], data }, { tolerance: 1e-12 });
    }
  });

  it("agrees with an enumeration in another language", () => {
    const loss = ctc(
      prediction,
      [
        [1, 1],
        [2, 0],
      ],
      { reduction: "none" },
    );
    expectClose(loss, { shape: [2], data: [2.421402986061646, 1.6932378423618955] });
    const shorter = ctc(
      prediction,
      [
        [1, 1],
        [2, 0],
      ],
      { inputLengths: [4, 3], reduction: "none" },
    );
    expectClose(shorter, { shape: [2], data: [2.421402986061646, 1.2602486446655976] });
  });

  it("knows where targets end: by length, by blank, by a negative number", () => {
    const expected = ctc(
      prediction,
      [
        [1, 1],
        [2, 1],
      ],
      { targetLengths: [2, 1], reduction: "none" },
    );
    expectClose(
      ctc(
        prediction,
        [
          [1, 1],
          [2, 0],
        ],
        { reduction: "none" },
      ),
      expected,
    );
    expectClose(
      ctc(
        prediction,
        [
          [1, 1],
          [2, -1],
        ],
        { reduction: "none" },
      ),
      expected,
    );
    expectClose(
      ctc(
        prediction,
        tensor(
          [
            [1, 1],
            [2, -1],
          ],
          { dtype: "int32" },
        ),
        { reduction: "none" },
      ),
      expected,
    );
  });

  it("takes empty targets: blanks all the way", () => {
    const empty = ctc(prediction, [[0], [2]], { reduction: "none" });
    expect(empty.at(0)).toBeCloseTo(5.867267562275402, 12);
    expect(ctc(prediction, zeros([2, 0]), { reduction: "none" }).at(0)).toBeCloseTo(5.867267562275402, 12);
  });

  it("divides the loss of an empty target by 1 in the mean", () => {
    const each = ctc(prediction, [[0], [2]], { reduction: "none" });
    expect(ctc(prediction, [[0], [2]]).item()).toBeCloseTo((each.at(0) + each.at(1)) / 2, 12);
  });

  it("takes a single step, lengths at both ends of what is allowed, and the first class as blank from the end", () => {
    expect(ctc(zeros([1, 1, 2]), [[1]]).item()).toBeCloseTo(Math.LN2, 6);
    const lengths = { inputLengths: [1, 4], targetLengths: [0, 2], reduction: "none" } as const;
    const each = ctc(
      prediction,
      [
        [1, 2],
        [1, 2],
      ],
      lengths,
    );
    expect(each.at(0)).toBeCloseTo(byEnumeration(logits[0].slice(0, 1), [], 0), 12);
    expect(each.at(1)).toBeCloseTo(byEnumeration(logits[1], [1, 2], 0), 12);
    expectClose(ctc(prediction, [[1], [2]], { blank: -3 }), ctc(prediction, [[1], [2]], { blank: 0 }));
  });

  it("counts the blank from the end where it is negative", () => {
    expectClose(
      ctc(
        prediction,
        [
          [0, 1],
          [1, 0],
        ],
        { blank: -1 },
      ),
      ctc(
        prediction,
        [
          [0, 1],
          [1, 0],
        ],
        { blank: 2 },
      ),
    );
  });

  it("takes PyTorch's order of axes with timeMajor", () => {
    expectClose(
      ctc(
        prediction.transpose(0, 1),
        [
          [1, 1],
          [2, 0],
        ],
        { timeMajor: true },
      ),
      ctc(prediction, [
        [1, 1],
        [2, 0],
      ]),
    );
  });

  it("divides by target lengths in the mean, as PyTorch does, and not in the sum", () => {
    const each = [2.421402986061646, 1.6932378423618955];
    expect(
      ctc(prediction, [
        [1, 1],
        [2, 0],
      ]).item(),
    ).toBeCloseTo((each[0] / 2 + each[1]) / 2, 12);
    expect(
      ctc(
        prediction,
        [
          [1, 1],
          [2, 0],
        ],
        { reduction: "sum" },
      ).item(),
    ).toBeCloseTo(each[0] + each[1], 12);
    expect(
      ctc(
        prediction,
        [
          [1, 1],
          [2, 0],
        ],
        { sampleWeight: [0, 2] },
      ).item(),
    ).toBeCloseTo(each[1], 12);
  });

  it("is Infinity with gradient 0 for a target that cannot fit, and 0 with zeroInfinity", () => {
    // Three equal labels need two blanks between them: five steps.
    const x = tensor(logits, { dtype: "float64", requiresGrad: true });
    const loss = ctc(
      x,
      [
        [1, 1, 1],
        [1, 2, 1],
      ],
      { reduction: "none" },
    );
    expect(loss.at(0)).toBe(Number.POSITIVE_INFINITY);
    expect(loss.isFinite().toArray()).toEqual([false, true]);
    loss.sum().backward();
    expectClose(x.grad!.slice(0).abs(), { shape: [4, 3], data: new Array(12).fill(0) });
    const safe = ctc(
      prediction,
      [
        [1, 1, 1],
        [1, 2, 1],
      ],
      { reduction: "none", zeroInfinity: true },
    );
    expect(safe.at(0)).toBe(0);
    expect(safe.at(1)).toBe(loss.at(1));
  });

  it("leaves a sample of weight 0 out though it be Infinity", () => {
    const loss = ctc(
      prediction,
      [
        [1, 1, 1],
        [1, 2, 1],
      ],
      { reduction: "sum", sampleWeight: [0, 1] },
    );
    expect(loss.item()).toBeCloseTo(byEnumeration(logits[1], [1, 2, 1], 0), 12);
  });

  it("has right first and second gradients with lengths", () => {
    const inputs = {
      prediction: logits,
      target: [
        [1, 1],
        [2, 1],
      ],
    };
    expect(() => checkLoss(ctc.with({ inputLengths: [4, 3], targetLengths: [2, 1] }), inputs)).not.toThrow();
  });

  it("takes a hundred steps of a batch", () => {
    const long = ctc(zeros([4, 100, 5]), new Array(4).fill([1, 2, 3, 4, 1, 2, 3, 4]));
    expect(Number.isFinite(long.item())).toBe(true);
  });

  it("refuses labels that are no class or the blank, padding in between, and lengths that do not fit", () => {
    expect(() =>
      ctc(prediction, [
        [1, 3],
        [1, 2],
      ]),
    ).toThrow(ValueError);
    expect(() =>
      ctc(prediction, [
        [1, 3],
        [1, 2],
      ]),
    ).toThrow(/labels that are whole numbers from 0 to 2 without the blank, 0, .*, got 3 at \[0, 1\]/);
    expect(() =>
      ctc(prediction, [
        [0, 1],
        [1, 2],
      ]),
    ).toThrow(/padding only at the end, got 1 at \[0, 1\]/);
    expect(() =>
      ctc(
        prediction,
        [
          [1, 0],
          [1, 2],
        ],
        { targetLengths: [2, 2] },
      ),
    ).toThrow(/without the blank, 0/);
    expect(() =>
      ctc(
        prediction,
        [
          [1, 1],
          [1, 2],
        ],
        { targetLengths: [3, 2] },
      ),
    ).toThrow(/whole numbers from 0 to 2, got 3/);
    expect(() =>
      ctc(
        prediction,
        [
          [1, 1],
          [1, 2],
        ],
        { inputLengths: [0, 2] },
      ),
    ).toThrow(/whole numbers from 1 to 4, got 0/);
    expect(() =>
      ctc(
        prediction,
        [
          [1, 1],
          [1, 2],
        ],
        { inputLengths: [1] },
      ),
    ).toThrow(/inputLengths of shape \[2\]/);
    expect(() =>
      ctc(
        prediction,
        [
          [1, 1],
          [1, 2],
        ],
        { blank: 3 },
      ),
    ).toThrow(OptionError);
    for (const blank of [-4, 0.5]) expect(() => ctc(prediction, [[1], [1]], { blank })).toThrow(/a blank from -3 to 2/);
    expect(() => ctc(prediction, [[2], [1]], { blank: -1, targetLengths: [1, 1] })).toThrow(/without the blank, 2/);
    const shapes = /predictions \[N, T, C\] of at least one step, and targets \[N, S\]/;
    expect(() => ctc(prediction, [[1, 1]])).toThrow(shapes);
    expect(() => ctc(prediction, [1, 1])).toThrow(shapes);
    expect(() => ctc(zeros([2, 3]), [[1], [1]])).toThrow(shapes);
    expect(() => ctc(zeros([2, 0, 3]), [[1], [1]])).toThrow(shapes);
    expect(() => ctc(prediction, [[1, 1]])).toThrow(ShapeError);
    expect(() => ctc(zeros([4, 3]), [1, 2])).toThrow(/\[N, T, C\].*\n.*timeMajor/);
  });

  it("compiles with lengths as arguments, and is then the same", () => {
    const labels = tensor([
      [1, 2],
      [2, 0],
    ]);
    const lengths = tensor([4, 3], { dtype: "int32" });
    const loss = (x: Tensor, y: Tensor, inputLengths: Tensor) => ctc(x, y, { inputLengths });
    expectClose(jit(loss)(prediction, labels, lengths), loss(prediction, labels, lengths));
  });
});
