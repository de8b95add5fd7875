import { describe, expect, it } from "vitest";
import { Generator, logSoftmax, logSumExp, softmax, type Tensor, tensor } from "../index.ts";
import { assemble } from "./assembler.ts";
import { createMemory, instantiate } from "./host.ts";
import { type RowFunctions, rowFunctions } from "./rows.ts";

const memory = createMemory(4);
const floats = new Float32Array(memory.buffer);
const ints = new Int32Array(memory.buffer);
const compiled = instantiate<RowFunctions>(assemble(rowFunctions()), memory);
const generator = new Generator(9);

/** Rows of logits, some far from 0, as far up in memory as they fit: what reads too far leaves it. */
function logits(rows: number, columns: number, spread = 5) {
  const n = rows * columns;
  const at = floats.length - n;
  for (let i = 0; i < n; i++) floats[at + i] = generator.normal() * spread + (i % 3 === 0 ? 40 : 0);
  return { at: at * 4, n, x: tensor(floats.slice(at)).reshape([rows, columns]) };
}

function close(got: Float32Array, expected: Tensor, relative = 1e-6): void {
  const numbers = expected.storage;
  got.forEach((y, i) => {
    const x = numbers[i];
    if (!(Object.is(y, x) || Math.abs(y - x) <= relative * Math.abs(x) + 3e-7))
      expect.fail(`element ${i}: ${y}, not ${x}`);
  });
}

describe.each([1, 2, 3, 4, 5, 7, 8, 10, 65])("functions of rows of %i", (columns) => {
  const rows = 6;

  it.each([
    ["softmax", softmax],
    ["logSoftmax", logSoftmax],
  ] as const)("%s agrees with the eager one, also in place", (name, eager) => {
    const { at, n, x } = logits(rows, columns);
    const expected = eager(x);
    compiled[name](at, 0, rows, columns);
    close(floats.slice(0, n), expected);
    compiled[name](at, at, rows, columns);
    expect(floats.slice(at / 4)).toEqual(floats.slice(0, n));
  });

  it("logSumExp agrees with the eager one", () => {
    const { at, x } = logits(rows, columns);
    compiled.logSumExp(at, 0, rows, columns);
    close(floats.slice(0, rows), logSumExp(x, -1));
  });

  it("the gradients of softmax and logSoftmax are those of their formulas", () => {
    const { n, x } = logits(rows, columns, 1);
    const g = tensor(generator.fillNormal(new Float32Array(n))).reshape([rows, columns]);
    const [atY, atG, to] = [0, n * 4, n * 8];
    floats.set(g.storage, n);
    const y = softmax(x);
    floats.set(y.storage, 0);
    compiled.softmaxBackward(atY, atG, to, rows, columns);
    close(floats.slice(2 * n, 3 * n), y.mul(g.sub(g.mul(y).sum(-1, { keepDims: true }))), 1e-5);
    const z = logSoftmax(x);
    floats.set(z.storage, 0);
    compiled.logSoftmaxBackward(atY, atG, to, rows, columns);
    close(floats.slice(2 * n, 3 * n), g.sub(z.exp().mul(g.sum(-1, { keepDims: true }))), 1e-5);
  });

  it("crossEntropy gives the losses and their gradient at once", () => {
    const { at, n, x } = logits(rows, columns, 2);
    const [labels, scales, losses, to] = [0, 32, 64, 96];
    const picked = Array.from({ length: rows }, () => generator.integer(0, columns));
    const weights = Array.from({ length: rows }, (_, i) => (i === 2 ? 0 : 0.5 + i));
    ints.set(picked, 0);
    floats.set(weights, scales / 4);
    const all = logSoftmax(x);
    const loss = picked.map((label, row) => -all.at(row, label));
    for (const weighted of [true, false]) {
      const weight = (row: number) => (weighted ? weights[row] : 1);
      compiled.crossEntropy(at, labels, weighted ? scales : 0, losses, to, rows, columns);
      close(floats.slice(losses / 4, losses / 4 + rows), tensor(loss.map((l, row) => l * weight(row))));
      const p = softmax(x).storage;
      const slopes = Float32Array.from(p, (q, i) => {
        const row = Math.floor(i / columns);
        return (q - (i % columns === picked[row] ? 1 : 0)) * weight(row);
      });
      close(floats.slice(to / 4, to / 4 + n), tensor(slopes), 1e-5);
      floats.fill(7, to / 4, to / 4 + n);
      compiled.crossEntropy(at, labels, 0, losses, 0, rows, columns);
      close(floats.slice(losses / 4, losses / 4 + rows), tensor(loss));
    }
  });
});

describe("rows with infinities and NaN", () => {
  it("give what the eager functions give", () => {
    const inf = Number.POSITIVE_INFINITY;
    const cases = [
      [-inf, 0, 1, 2, -inf],
      [-inf, -inf, -inf, -inf, -inf],
      [inf, 1, 2, 3, 4],
      [1, Number.NaN, 2, 3, 4],
      [1000, 1000, -1000, 0, 1],
    ];
    const x = tensor(cases);
    floats.set(x.storage, 0);
    const n = cases.length * 5;
    for (const [name, eager] of [
      ["softmax", softmax],
      ["logSoftmax", logSoftmax],
    ] as const) {
      compiled[name](0, 400, cases.length, 5);
      close(floats.slice(100, 100 + n), eager(x));
    }
    compiled.logSumExp(0, 400, cases.length, 5);
    close(floats.slice(100, 100 + cases.length), logSumExp(x, -1));
  });
});
