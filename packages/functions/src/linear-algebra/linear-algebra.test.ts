import { jit } from "@chainrule/compiler";
import {
  checkGradients,
  eye,
  Generator,
  grad,
  jvp,
  OptionError,
  ones,
  parameter,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { cholesky, det, eigh, inv, lstsq, slogdet, solve, svd } from "../index.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });
const identity = (n: number) => eye(n, n, { dtype });
const gram = (a: Tensor) => a.matmul(a.transpose());
/** U diag(s) Vᵀ. */
const product = (u: Tensor, s: Tensor, vh: Tensor) => u.mul(s.unsqueeze(-2)).matmul(vh);

const directional: Readonly<Record<string, readonly [f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]]>> =
  {
    solve: [solve, [noise(2, 3, 3), noise(3, 2)]],
    inv: [inv, [noise(2, 3, 3)]],
    det: [det, [noise(2, 3, 3)]],
    slogdet: [(a) => slogdet(a).logAbsDet, [noise(2, 3, 3)]],
    cholesky: [(a) => cholesky(gram(a).add(identity(3))), [noise(2, 3, 3)]],
    eigenvalues: [(a) => eigh(a).eigenvalues, [noise(2, 3, 3)]],
    eigenvectors: [(a) => eigh(a).eigenvectors, [noise(2, 3, 3)]],
    u: [(a) => svd(a).u, [noise(2, 4, 2)]],
    vh: [(a) => svd(a).vh, [noise(2, 2, 4)]],
    lstsq: [(a, b) => lstsq(a, b), [noise(2, 4, 2), noise(4, 2)]],
  };

describe("gradients", () => {
  it.each(Object.entries(directional))("of %s along a direction are those of differences", (_name, [f, inputs]) => {
    const directions = inputs.map((x) => noise(...x.shape).add(0.5));
    const h = 1e-6;
    const at = (t: number) => f(...inputs.map((x, i) => x.add(directions[i].mul(t))));
    expectClose(
      jvp(f, inputs, directions)[1],
      at(h)
        .sub(at(-h))
        .div(2 * h),
      { tolerance: 1e-5 },
    );
  });

  it("of eigenvalues and singular values are there where they are equal, those of vectors are not", () => {
    const weights = tensor([1, 2, 3], { dtype });
    const equalOnes = tensor([
      [2, 0, 0],
      [0, 2, 0],
      [0, 0, 5],
    ]).cast(dtype);
    const byValues = grad((a: Tensor) => eigh(a).eigenvalues.mul(weights).sum())(equalOnes);
    expect(byValues.isFinite().all().item()).toBe(1);
    expect(
      grad((a: Tensor) => svd(a).s.mul(weights).sum())(equalOnes)
        .isFinite()
        .all()
        .item(),
    ).toBe(1);
    expect(grad((a: Tensor) => eigh(a).eigenvalues.sum())(equalOnes).toArray()).toEqual(identity(3).toArray());
    const byVectors = grad((a: Tensor) => eigh(a).eigenvectors.mul(noise(3, 3)).sum())(equalOnes);
    expect(byVectors.isFinite().all().item()).toBe(0);
  });

  it("of a determinant are the cofactors of singular matrices, too", () => {
    const rank2 = tensor([
      [1, 2, 3],
      [2, 4, 6],
      [1, 0, 1],
    ]).cast(dtype);
    checkGradients(det, [rank2]);
    checkGradients(det, [tensor([[0]])]);
    checkGradients(det, [zeros([2, 2])]);
    expect(() => grad((a: Tensor) => grad(det)(a).square().sum())(rank2)).toThrow(
      /inv: expected matrices that can be inverted/,
    );
  });

  it("of least squares are right where the rank is lower and stays", () => {
    const f = (a: Tensor, c: Tensor, b: Tensor) => lstsq(a.matmul(c), b, { rcond: 1e-10 });
    checkGradients(f, [noise(4, 2), noise(2, 3), noise(4)], { tolerance: 1e-5 });
  });
});

describe("results", () => {
  it.each([1, 2, 5, 30])("of matrices of %i rows are what they are said to be", (n) => {
    const a = noise(n, n);
    expectClose(a.matmul(inv(a)), identity(n), { tolerance: 1e-11 });
    expectClose(a.matmul(solve(a, noise(n, 2))), noise(n, 2), { tolerance: 1e-11 });
    const l = cholesky(gram(a).add(identity(n)));
    expectClose(gram(l), gram(a).add(identity(n)), { tolerance: 1e-12 });
    const { eigenvalues, eigenvectors } = eigh(a);
    expectClose(product(eigenvectors, eigenvalues, eigenvectors.T), a.add(a.T).div(2), { tolerance: 1e-12 });
    expectClose(gram(eigenvectors), identity(n), { tolerance: 1e-12 });
    expect(eigenvalues.toArray()).toEqual(eigenvalues.sort().toArray());
    const { sign, logAbsDet } = slogdet(a);
    expectClose(sign.mul(logAbsDet.exp()), det(a), { tolerance: 1e-11 });
    expectClose(logAbsDet, svd(a).s.log().sum(), { tolerance: 1e-11 });
  });

  it.each([
    [5, 5],
    [7, 3],
    [3, 7],
    [20, 15],
    [1, 4],
    [0, 3],
    [3, 0],
  ])("of matrices of %i by %i, of full and of low rank, too", (m, n) => {
    for (const a of [noise(m, n), noise(m, 2).matmul(noise(2, n)), zeros([m, n], { dtype })]) {
      const { u, s, vh } = svd(a);
      const k = Math.min(m, n);
      expectClose(product(u, s, vh), a, { tolerance: 1e-12 });
      expectClose(u.transpose().matmul(u), identity(k), { tolerance: 1e-12 });
      expectClose(gram(vh), identity(k), { tolerance: 1e-12 });
      expect(s.toArray()).toEqual(s.sort(0, { descending: true }).toArray());
      // Nothing is left that a better X could explain, and X is the shortest.
      const b = noise(m, 2);
      const x = lstsq(a, b);
      const left = b.sub(a.matmul(x));
      expect(a.transpose().matmul(left).abs().sum().item()).toBeLessThan(1e-10);
      expectClose(x, lstsq(a, a.matmul(x)), { tolerance: 1e-9 });
    }
  });

  it("are finite at the ends of the range", () => {
    for (const scale of [1e-150, 1e150]) {
      const a = noise(3, 3).mul(scale);
      expectClose(a.matmul(inv(a)), identity(3), { tolerance: 1e-12 });
      expectClose(eigh(a).eigenvalues.div(scale), eigh(noise(3, 3)).eigenvalues, { tolerance: 1e-12 });
      expectClose(svd(a).s.div(scale), svd(noise(3, 3)).s, { tolerance: 1e-12 });
    }
    expect(slogdet(noise(8, 8).mul(1e60)).logAbsDet.isFinite().item()).toBe(1);
    const hilbert = tensor(Array.from({ length: 6 }, (_, i) => Array.from({ length: 6 }, (_, j) => 1 / (i + j + 1))));
    const x = solve(hilbert.cast(dtype), hilbert.cast(dtype).sum(1));
    expectClose(x, ones([6], { dtype }), { tolerance: 1e-9 });
  });

  it("of nothing are nothing, of the right shape", () => {
    expect(det(zeros([0, 0])).item()).toBe(1);
    expect(slogdet(zeros([0, 0])).logAbsDet.item()).toBe(0);
    expect(det(zeros([0, 2, 2])).shape).toEqual([0]);
    expect(inv(zeros([0, 2, 2])).shape).toEqual([0, 2, 2]);
    expect(solve(zeros([0, 0]), zeros([0, 3])).shape).toEqual([0, 3]);
    expect(eigh(zeros([2, 0, 0])).eigenvectors.shape).toEqual([2, 0, 0]);
    expect(svd(zeros([2, 0, 3])).vh.shape).toEqual([2, 0, 3]);
    expect(cholesky(zeros([0, 0])).shape).toEqual([0, 0]);
    expect(lstsq(zeros([0, 2]), zeros([0])).toArray()).toEqual([0, 0]);
  });

  it("have the dtype of the floats that came, and whole numbers become floats", () => {
    const whole = tensor(
      [
        [2, 1],
        [1, 3],
      ],
      { dtype: "int32" },
    );
    for (const f of [inv, det, cholesky, (a: Tensor) => eigh(a).eigenvalues, (a: Tensor) => svd(a).u]) {
      expect(f(whole).dtype).toBe("float32");
      expect(f(whole.cast(dtype)).dtype).toBe(dtype);
    }
    expect(solve(whole, tensor([1, 2], { dtype })).dtype).toBe(dtype);
    expect(lstsq(whole.cast("float32"), [1, 2]).dtype).toBe("float32");
    expect(solve(identity(2), [0.1, 0.2]).toArray()).toEqual([0.1, 0.2]);
  });

  it("count only the symmetric part, where matrices are symmetric by definition", () => {
    const a = gram(noise(4, 4)).add(identity(4));
    const skew = noise(4, 4).sub(noise(4, 4).T);
    expectClose(cholesky(a.add(skew)), cholesky(a), { tolerance: 1e-12 });
    expectClose(eigh(a.add(skew)).eigenvalues, eigh(a).eigenvalues, { tolerance: 1e-12 });
  });

  it("of batches broadcast", () => {
    const [a, b] = [noise(3, 1, 2, 2), noise(4, 2, 5)];
    const x = solve(a, b);
    expect(x.shape).toEqual([3, 4, 2, 5]);
    expectClose(x.slice(2).slice(1), solve(a.slice(2).slice(0), b.slice(1)));
    expect(lstsq(noise(3, 1, 5, 2), noise(4, 5, 1)).shape).toEqual([3, 4, 2, 1]);
    expect(lstsq(noise(3, 5, 2), noise(5)).shape).toEqual([3, 2]);
  });

  it("are part of compiled training steps", () => {
    const fit = (compile: boolean) => {
      const scale = parameter(
        tensor(
          [
            [1, 0.5],
            [0, 2],
          ],
          { dtype },
        ),
      );
      const x = noise(20, 2);
      const step = () => {
        scale.zeroGrad();
        const covariance = gram(scale).add(identity(2).mul(0.1));
        const white = solve(cholesky(covariance), x.T);
        const loss = white.square().sum().div(20).add(slogdet(covariance).logAbsDet);
        loss.backward();
        scale.assign(scale.sub(scale.grad!.mul(0.05)));
        return loss;
      };
      const run = compile ? jit(step) : step;
      return Array.from({ length: 20 }, () => run().item());
    };
    const [eager, compiled] = [fit(false), fit(true)];
    expect(eager[19]).toBeLessThan(eager[0]);
    compiled.forEach((loss, i) => {
      expect(loss).toBeCloseTo(eager[i], 10);
    });
  });
});

describe("what cannot be", () => {
  const singular = tensor([
    [1, 2],
    [2, 4],
  ]);

  it("is told of, with the place in the batch, eagerly and compiled", () => {
    const two = tensor([
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 2],
        [2, 4],
      ],
    ]);
    const cases: readonly (readonly [(a: Tensor) => Tensor, Tensor, RegExp])[] = [
      [
        inv,
        singular,
        /^inv: expected matrices that can be inverted, got a singular one, of shape \[2, 2\].\n {2}.*lstsq/,
      ],
      [(a) => solve(a, [1, 2]), two, /^solve: .* got a singular one at \[1\], of shape \[2, 2\]/],
      [cholesky, two, /^cholesky: expected positive definite matrices, .* got one that is not at \[1\]/],
      [(a) => eigh(a).eigenvalues, singular.div(0), /^eigh: expected finite numbers, got Infinity in a matrix/],
      [
        (a) => svd(a).s,
        two.mul([[[1]], [[Number.NaN]]]),
        /^svd: expected finite numbers, got NaN in a matrix at \[1\]/,
      ],
      [(a) => lstsq(a, [1, 2]), singular.log().log().sqrt(), /^lstsq: expected finite numbers, got NaN/],
    ];
    for (const [f, a, message] of cases) {
      expect(() => f(a)).toThrow(ValueError);
      expect(() => f(a)).toThrow(message);
      expect(() => jit(f)(a)).toThrow(message);
    }
    expect(() => cholesky(tensor([[Number.NaN]]))).toThrow(/positive definite/);
    expect(inv(tensor([[Number.NaN]])).item()).toBeNaN();
    expect(det(singular).item()).toBe(0);
    const { sign, logAbsDet } = slogdet(singular);
    expect([sign.item(), logAbsDet.item()]).toEqual([0, Number.NEGATIVE_INFINITY]);
    expect(() => grad((a: Tensor) => slogdet(a).logAbsDet)(singular)).toThrow(/^inv: .*singular/);
  });

  it("is a shape that does not fit", () => {
    for (const f of [inv, det, slogdet, cholesky, eigh, (a: Tensor) => solve(a, [1, 2])])
      expect(() => f(noise(2, 3))).toThrow(/expected square matrices, \[.., n, n\], got \[2, 3\]/);
    for (const f of [inv, det, svd, eigh]) expect(() => f(tensor([1, 2]))).toThrow(ShapeError);
    expect(() => svd([1, 2])).toThrow(/svd: expected a matrix, .* got \[2\].\n {2}To make a column/);
    expect(() => solve(noise(3, 3), [1, 2])).toThrow(/solve: expected a right-hand side with 3 rows, .* got \[2\]/);
    expect(() => solve(noise(2, 3, 3), noise(2, 3))).toThrow(/A batch of vectors has an axis of length 1 at the end/);
    expect(() => lstsq(noise(2, 4, 3), noise(3, 4, 1))).toThrow(ShapeError);
    expect(() => lstsq(noise(4, 3), noise(3))).toThrow(/lstsq: expected a right-hand side with 4 rows/);
    expect(() => lstsq(noise(3, 3), noise(3), { rcond: 1 })).toThrow(
      /lstsq, rcond: expected a share from 0 up to 1, got the number 1/,
    );
    expect(() => lstsq(noise(3, 3), noise(3), { tolerance: 1 } as object)).toThrow(OptionError);
  });
});
