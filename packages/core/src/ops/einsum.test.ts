import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkGradients, einsum, OptionError, ShapeError, type Tensor, tensor } from "../index.ts";

/** The definition in plain loops: every assignment of indices to letters adds one product to one element. */
function byLoops(terms: string[], output: string, operands: readonly Tensor[]) {
  const lengths: Record<string, number> = {};
  terms.forEach((term, i) => {
    [...term].forEach((letter, axis) => {
      lengths[letter] = operands[i].shape[axis];
    });
  });
  const letters = Object.keys(lengths);
  const place = (term: string, at: Record<string, number>) =>
    [...term].reduce((offset, letter) => offset * lengths[letter] + at[letter], 0);
  const shape = [...output].map((letter) => lengths[letter]);
  const data = new Array<number>(shape.reduce((size, n) => size * n, 1)).fill(0);
  const visit = (depth: number, at: Record<string, number>): void => {
    if (depth === letters.length) {
      const product = terms.reduce((total, term, i) => total * operands[i].storage[place(term, at)], 1);
      data[place(output, at)] += product;
      return;
    }
    for (let i = 0; i < lengths[letters[depth]]; i++) visit(depth + 1, { ...at, [letters[depth]]: i });
  };
  visit(0, {});
  return { shape, data };
}

const size: Record<string, number> = { i: 3, j: 4, k: 2, l: 5, b: 2, z: 0, A: 2 };

/** A tensor for a term, its numbers all different. */
function operand(term: string, seed: number): Tensor {
  const shape = [...term].map((letter) => size[letter]);
  const count = shape.reduce((total, n) => total * n, 1);
  return tensor(
    Float64Array.from({ length: count }, (_, i) => Math.sin(i + 10 * seed + 0.5)),
    { shape },
  );
}

const equations = [
  "i->i",
  "i->",
  "ij->ji",
  "ij->j",
  "ij->",
  "ii->i",
  "ii->",
  "iji->ij",
  "iii->i",
  "iijj->ij",
  "ij,jk->ik",
  "ij,jk->ki",
  "ij,kj->ik",
  "ij,ij->ij",
  "ij,ij->",
  "ij,ij->i",
  "i,i->",
  "i,j->ij",
  "i,j->ji",
  "i,j->",
  ",ij->ij",
  ",->",
  "bij,bjk->bik",
  "bij,jk->bik",
  "bij,bj->bi",
  "ibj,jkb->kbi",
  "bi,ij,bj->b",
  "ij,jk,kl->il",
  "ij,jk,kl->li",
  "i,j,k->kji",
  "ij,i,j->",
  "ii,i->i",
  "ii,jj->ij",
  "ijb,kjb->bik",
  "ij,kl->",
  "iz,zj->ij",
  "iz->i",
  "iA,Aj->ij",
  "ijk,ijl,ij->kl",
];

describe("einsum", () => {
  it.each(equations)("%s is the sum of products", (equation) => {
    const [inputs, output] = equation.split("->");
    const terms = inputs.split(",");
    const operands = terms.map(operand);
    expectClose(einsum(equation, ...operands), byLoops(terms, output, operands));
  });

  it.each([
    ["ij,jk", "ik"],
    ["ba", "ab"],
    ["ii", ""],
    ["ij,ij", ""],
    ["kj,ji", "ik"],
    ["iA", "Ai"],
  ])("%s stands for ...->%s, the letters that occur once in alphabetical order", (inputs, output) => {
    const terms = inputs.split(",");
    const operands = terms.map((term, i) => operand(term.replace("a", "k"), i));
    expect(einsum(inputs, ...operands).toArray()).toEqual(einsum(`${inputs}->${output}`, ...operands).toArray());
  });

  it("lets an ellipsis stand for axes that broadcast", () => {
    const a = operand("bkij", 0);
    const b = operand("kjl", 1);
    expectClose(einsum("...ij,...jl->...il", a, b), byLoops(["bkij", "kjl"], "bkil", [a, b]));
    expectClose(einsum("...ij,...jl", a, b), byLoops(["bkij", "kjl"], "bkil", [a, b]));
    expectClose(einsum("...ij->...ji", a), byLoops(["bkij"], "bkji", [a]));
    expectClose(einsum("i...->...", a), byLoops(["bkij"], "kij", [a]));
    expectClose(einsum("...i,...i->i...", b, b), byLoops(["kjl", "kjl"], "lkj", [b, b]));
    expectClose(
      einsum("...,i->i...", operand("k", 0), operand("i", 1)),
      byLoops(["k", "i"], "ik", [operand("k", 0), operand("i", 1)]),
    );
    const one = operand("kj", 2).reshape(1, 2, 4);
    expect(einsum("...j,...j->...", one, operand("bkj", 3)).shape).toEqual([2, 2]);
    expectClose(
      einsum("...i,i->...", operand("i", 4), operand("i", 5)),
      byLoops(["i", "i"], "", [operand("i", 4), operand("i", 5)]),
    );
  });

  it("ignores blanks, takes plain arrays, and counts in integers", () => {
    expect(
      einsum(
        " i j , j -> i ",
        [
          [1, 2],
          [3, 4],
        ],
        [10, 1],
      ).toArray(),
    ).toEqual([12, 34]);
    const counts = einsum("i,i->", tensor([2, 3], { dtype: "int32" }), tensor([true, true]));
    expect([counts.dtype, counts.item()]).toEqual(["int32", 5]);
  });

  it.each(["ij,jk->ik", "bi,ij,bj->b", "ii->i", "iji->j", "ijb,kjb->bik", "i,j->ij", "ij,ij->i"])(
    "%s has gradients that differences confirm",
    (equation) => {
      const operands = equation.split("->")[0].split(",").map(operand);
      checkGradients((...x) => einsum(equation, ...x), operands, { name: equation, second: true });
    },
  );

  it("has gradients through a broadcast ellipsis", () => {
    const inputs = [operand("kj", 2).reshape(1, 2, 4), operand("bkj", 3)];
    checkGradients((a, b) => einsum("...j,...j->...", a, b), inputs, { second: true });
  });
});

describe("einsum says what does not fit:", () => {
  const a = operand("ij", 0);
  const b = operand("jk", 1);
  it.each([
    ["ij->ij", [a, b], OptionError, /1 tensors, one for each term, got 2/],
    ["ij,jk->ik", [a], OptionError, /2 tensors, one for each term, got 1/],
    ["ijk,jk->ik", [a, b], ShapeError, /3 axes for the term "ijk", got tensor 0 of shape \[3, 4\]/],
    ["...ijk,jk->ik...", [a, b], ShapeError, /at least 3 axes/],
    ["ij,ik->jk", [a, b], ShapeError, /one length for "i", got 3 and 4, in tensors of shapes \[3, 4\], \[4, 2\]/],
    ["ii->i", [a], ShapeError, /one length for "i", got 3 and 4/],
    ["...i,...i->...", [a.T, operand("kj", 0).T], ShapeError, /one length for "i", got 3 and 2/],
    ["...i,...i->...", [a, operand("kj", 0)], ShapeError, /under \.\.\. that broadcast, got 3 and 2/],
    ["ij,jk->il", [a, b], OptionError, /"l", which no term has/],
    ["ij,jk->ii", [a, b], OptionError, /"i" twice/],
    ["i1,jk->i", [a, b], OptionError, /letters for axes.*got "1"/],
    ["i..,jk->i", [a, b], OptionError, /got "\."/],
    ["......,jk->i", [a, b], OptionError, /one \.\.\. at most/],
    ["...j,jk->k", [a, b], OptionError, /\.\.\. in the result/],
    ["ij->ji->ij", [a], OptionError, /one arrow at most, got 2/],
  ] as const)("%s", (equation, operands, kind, message) => {
    const call = () => einsum(equation, ...operands);
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });

  it("an equation that is no string", () => {
    expect(() => einsum(a as never, b)).toThrow(OptionError);
  });
});

it("axes under ... broadcast whichever operand has them in full, and all must agree", () => {
  const [one, three] = [
    tensor([[1, 2]]),
    tensor([
      [1, 0],
      [0, 1],
      [1, 1],
    ]),
  ];
  expect(einsum("...i,...i->...", one, three).toArray()).toEqual([1, 2, 3]);
  expect(einsum("...i,...i->...", three, one).toArray()).toEqual([1, 2, 3]);
  const two = tensor([
    [1, 2],
    [3, 4],
  ]);
  for (const operands of [
    [one, three, two],
    [three, one, two],
  ])
    expect(() => einsum("...i,...i,...i->...", ...operands)).toThrow(/axes under \.\.\. that broadcast/);
});
