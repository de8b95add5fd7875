/**
 * What is impossible, certain, infinite, empty or wrong.
 */
import { jit } from "@chainrule/compiler";
import { eye, grad, OptionError, parameter, ShapeError, type Tensor, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import {
  Bernoulli,
  Beta,
  Categorical,
  Dirichlet,
  Distribution,
  Empirical,
  Gamma,
  MixtureSameFamily,
  MultivariateNormal,
  Normal,
  Poisson,
} from "../src/index.ts";

const exact = { dtype: "float64" } as const;
const inf = Number.POSITIVE_INFINITY;

describe("what is impossible", () => {
  it("has the log-probability -Infinity, and NaN stays NaN", () => {
    expect(new Bernoulli({ probs: 0.5 }).logProb([2, -1, 0.5, inf]).toArray()).toEqual([-inf, -inf, -inf, -inf]);
    expect(new Categorical({ probs: [1, 1] }).logProb([2, -1, 0.5, inf]).toArray()).toEqual([-inf, -inf, -inf, -inf]);
    expect(new Categorical({ probs: [1, 0] }).logProb([0, 1]).toArray()).toEqual([0, -inf]);
    expect(new Categorical({ logits: [3, -inf] }).logProb([0, 1]).toArray()).toEqual([0, -inf]);
    expect(new Poisson(2).logProb([-1, 0.5, inf]).toArray()).toEqual([-inf, -inf, -inf]);
    expect(new Gamma(2, 1).logProb([-1, 0, inf]).toArray()).toEqual([-inf, -inf, -inf]);
    expect(new Beta(2, 1).logProb([-1, 0, 1.1]).toArray()).toEqual([-inf, -inf, -inf]);
    const outside = new Dirichlet([1, 1]).logProb([
      [0.5, 0.6],
      [-0.5, 1.5],
      [0.5, 0.5],
      [0, 1],
      [Number.NaN, 1],
    ]);
    expect(outside.toArray()).toEqual([-inf, -inf, 0, 0, Number.NaN]);
    for (const p of [
      new Gamma(1, 1),
      new Beta(1, 1),
      new Poisson(1),
      new Normal(0, 1),
      new Bernoulli({ probs: 0.5 }),
      new Categorical({ probs: [1, 1] }),
    ])
      expect(p.logProb(Number.NaN).item()).toBeNaN();
  });

  it("sends no NaN back", () => {
    const ofProbs = grad((probs: Tensor) => new Bernoulli({ probs }).logProb([0, 1, 5]).slice([0, 2]).sum());
    expect(ofProbs(tensor([0, 1, 0.5], exact)).toArray()).toEqual([-1, 1, 0]);
    const ofClasses = grad((probs: Tensor) => new Categorical({ probs }).logProb([0, 0]).sum());
    expect(ofClasses(tensor([1, 0], exact)).toArray()).toEqual([0, -2]);
    for (const at of [-1, 0, 0.5, 2]) {
      const ofGamma = grad((a: Tensor) => new Gamma(a, a).logProb(at).add(new Poisson(a).logProb(at)))(
        tensor(2, exact),
      );
      expect(ofGamma.isNaN().item()).toBe(0);
      const ofBeta = grad((a: Tensor) => new Beta(a, a).logProb(at))(tensor(2, exact));
      expect(ofBeta.isNaN().item()).toBe(0);
    }
    const mixed = grad((a: Tensor) =>
      new MixtureSameFamily(new Categorical({ probs: [1, 1] }), new Gamma(a, 1)).logProb([-1, -1]).sum(),
    );
    expect(mixed(tensor([2, 2], exact)).toArray()).toEqual([0, 0]);
    const ofLogits = grad((logits: Tensor) => new Bernoulli({ logits }).logProb([0, 1]).sum());
    expect(ofLogits(tensor([-inf, inf], exact)).toArray()).toEqual([0, 0]);
  });
});

describe("what is certain", () => {
  const certain = [new Bernoulli({ probs: [0, 1] }), new Bernoulli({ logits: [-inf, inf] })];

  it("has no entropy, and diverges infinitely from what excludes it", () => {
    for (const p of certain) {
      expect(p.entropy().abs().toArray()).toEqual([0, 0]);
      expect(p.klDivergence(p).toArray()).toEqual([0, 0]);
      expect(p.crossEntropy(p).abs().toArray()).toEqual([0, 0]);
      for (const q of certain)
        expect(p.klDivergence(new Bernoulli({ probs: q.probs.flip() })).toArray()).toEqual([inf, inf]);
      expect(new Bernoulli({ probs: 0.5 }).klDivergence(p).toArray()).toEqual([inf, inf]);
    }
    const [p, q] = [new Categorical({ probs: [0.5, 0.5, 0] }), new Categorical({ logits: [0, -inf, 0] })];
    expect(p.klDivergence(p).item()).toBe(0);
    expect(p.klDivergence(q).item()).toBe(inf);
    expect(p.crossEntropy(q).item()).toBe(inf);
    expect(new Categorical({ logits: [0, -inf, 0] }).entropy().item()).toBeCloseTo(Math.log(2), 6);
  });
});

describe("the identity H(p, q) = H(p) + KL(p ‖ q)", () => {
  it("holds, and is log 2 for (0.6, 0.4) and (0.5, 0.5)", () => {
    const [p, q] = [new Bernoulli({ probs: tensor(0.6, exact) }), new Bernoulli({ probs: tensor(0.5, exact) })];
    expect(p.crossEntropy(q).item()).toBeCloseTo(Math.LN2, 15);
    expect(p.entropy().add(p.klDivergence(q)).item()).toBeCloseTo(Math.LN2, 15);
    const classes = [new Categorical({ probs: [0.6, 0.4] }), new Categorical({ probs: [1, 1] })];
    expect(classes[0].crossEntropy(classes[1]).item()).toBeCloseTo(Math.LN2, 6);
  });
});

describe("parameters that are wrong", () => {
  const wrong: [() => unknown, new (...parts: never[]) => Error, RegExp][] = [
    [() => new Normal(0, 0), ValueError, /Normal: expected scale with finite numbers above 0, got 0\.\n.*softplus/],
    [() => new Normal([0, 1], [1, -2]), ValueError, /got -2 at \[1\]/],
    [() => new Normal(Number.NaN, 1), ValueError, /loc with finite/],
    [() => new Normal([0, 1], [1, 2, 3]), ShapeError, /Normal/],
    [() => new Bernoulli({ probs: 1.5 }), ValueError, /probs with probabilities from 0 to 1, got 1.5\.\n.*logits/],
    [() => new Bernoulli({ logits: Number.NaN }), ValueError, /NaN/],
    [() => new Bernoulli({}), OptionError, /either \{ probs \} or \{ logits \}, got neither/],
    [() => new Bernoulli({ probs: 0.5, logits: 0 }), OptionError, /both/],
    [() => new Bernoulli(0.5 as never), OptionError, /probs: …/],
    [() => new Categorical({ probs: 0.5 }), ShapeError, /\[\.\.batch, n\]/],
    [() => new Categorical({ probs: [] }), ShapeError, /n of at least 1/],
    [() => new Categorical({ probs: [0.5, -0.5] }), ValueError, /-0.5 at \[1\]/],
    [
      () =>
        new Categorical({
          probs: [
            [1, 0],
            [0, 0],
          ],
        }),
      ValueError,
      /at least one class/,
    ],
    [() => new Categorical({ logits: [0, inf] }), ValueError, /below Infinity/],
    [() => new Categorical({ logits: [-inf, -inf] }), ValueError, /at least one class/],
    [() => new Gamma(0, 1), ValueError, /Gamma: expected concentration with finite numbers above 0/],
    [() => new Gamma(1, -1), ValueError, /rate/],
    [() => new Beta(1, 0), ValueError, /concentration0/],
    [() => new Beta([1, 2], [1, 2, 3]), ShapeError, /Beta/],
    [() => new Dirichlet([1, 0]), ValueError, /got 0 at \[1\]/],
    [() => new Dirichlet(1), ShapeError, /\[\.\.batch, n\]/],
    [() => new Dirichlet([1, 1]).logProb([1, 2, 3]), ShapeError, /values of shape \[\.\., 2\]/],
    [() => new Poisson(-1), ValueError, /at least 0/],
    [() => new MixtureSameFamily({} as never, new Normal([0, 1], 1)), OptionError, /Categorical/],
    [() => new MixtureSameFamily(new Categorical({ probs: [1, 1] }), 3 as never), OptionError, /component/],
    [
      () => new MixtureSameFamily(new Categorical({ probs: [1, 1] }), new Normal([0, 1, 2], 1)),
      ShapeError,
      /\[\.\., 2\], one for each class, got \[3\]/,
    ],
    [() => new MixtureSameFamily(new Categorical({ probs: [1] }), new Normal(0, 1)), ShapeError, /got \[\]/],
    [() => new MultivariateNormal([0, 0], {}), OptionError, /got none of them/],
    [() => new MultivariateNormal([0], { scaleTril: [[1]], precisionMatrix: [[1]] }), OptionError, /scaleTril and pre/],
    [() => new MultivariateNormal(0, { scaleTril: [[1]] }), ShapeError, /loc of shape/],
    [() => new MultivariateNormal([0, 0], { scaleTril: [[1]] }), ShapeError, /scaleTril of shape \[\.\., 2, 2\]/],
    [() => new MultivariateNormal([0, 0], { scaleTril: eye(2).add(0.5) }), ValueError, /lower triangular.*\n.*tril/],
    [() => new MultivariateNormal([0, 0], { scaleTril: eye(2).neg() }), ValueError, /diagonal/],
    [
      () =>
        new MultivariateNormal([0, 0], {
          covarianceMatrix: [
            [1, 0.5],
            [0, 1],
          ],
        }),
      ValueError,
      /symmetric/,
    ],
    [
      () =>
        new MultivariateNormal([0, 0], {
          covarianceMatrix: [
            [1, 2],
            [2, 1],
          ],
        }).entropy(),
      ValueError,
      /positive definite/,
    ],
    [() => new MultivariateNormal([0, 0], { scaleTril: eye(2) }).logProb([1, 2, 3]), ShapeError, /\[\.\., 2\]/],
    [
      () => new MultivariateNormal([0, 0], { scaleTril: eye(2) }).klDivergence(new Dirichlet([1, 1])),
      OptionError,
      /vectors.*probability vectors/,
    ],
    [() => new Empirical([]), ShapeError, /at least 1/],
    [() => new Empirical(1), ShapeError, /samples/],
    [() => new Normal("x" as never, 1), Error, /Normal/],
  ];

  it.each(wrong)("%s", (make, type, message) => {
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });

  it("are refused in compiled functions too", () => {
    const f = jit((scale: Tensor) => new Normal(0, scale).logProb(1));
    expect(f(tensor([1, 2])).shape).toEqual([2]);
    expect(f(tensor([1, 2])).shape).toEqual([2]);
    expect(() => f(tensor([1, -2]))).toThrow(ValueError);
  });
});

describe("pairs", () => {
  it("whose values the other excludes are infinitely far apart", () => {
    const pairs: [Distribution, Distribution][] = [
      [new Normal(0, 1), new Gamma(1, 1)],
      [new Normal(0, 1), new Beta(1, 1)],
      [new Gamma(1, 1), new Beta(1, 1)],
      [new Poisson(1), new Bernoulli({ probs: 0.5 })],
      [new Poisson(1), new Poisson(0)],
    ];
    for (const [p, q] of pairs) expect([p.klDivergence(q).item(), p.crossEntropy(q).item()]).toEqual([inf, inf]);
    expect(new Poisson(0).klDivergence(new Poisson(0)).item()).toBe(0);
    expect(new Poisson(0).entropy().item()).toBe(0);
  });

  it("with a mixture have a cross-entropy where it asks but mean and variance", () => {
    const mixture = new MixtureSameFamily(new Categorical({ probs: [0.5, 0.5] }), new Normal([-1, 1], 1));
    expect(mixture.crossEntropy(new Normal(0, 1)).item()).toBeCloseTo(1 + Math.log(2 * Math.PI) / 2, 5);
    const gammas = new MixtureSameFamily(new Categorical({ probs: [0.5, 0.5] }), new Gamma([2, 3], 1));
    const each = new Gamma([2, 3], 1).crossEntropy(new Gamma(2, 2)).mean().item();
    expect(gammas.crossEntropy(new Gamma(2, 2)).item()).toBeCloseTo(each, 5);
    expect(() => mixture.klDivergence(new Normal(0, 1))).toThrow(/sample/);
    expect(() => mixture.klDivergence(mixture)).toThrow(OptionError);
    expect(() => new Normal(0, 1).klDivergence(mixture)).toThrow(OptionError);
    expect(() => mixture.entropy()).toThrow(/MixtureSameFamily.entropy.*\n.*p\.logProb\(p\.sample\(\[1000\]\)\)/);
    expect(() => mixture.rsample()).toThrow(OptionError);
  });

  it("of two kinds have a cross-entropy that is entropy and divergence", () => {
    const pairs: [Distribution, Distribution][] = [
      [new Gamma(2, 3), new Normal(0, 1)],
      [new Beta(2, 3), new Normal(0, 1)],
      [new Beta(2, 3), new Gamma(2, 1)],
      [new Bernoulli({ probs: 0.3 }), new Poisson(0.4)],
    ];
    for (const [p, q] of pairs)
      expect(p.crossEntropy(q).item()).toBeCloseTo(p.entropy().add(p.klDivergence(q)).item(), 5);
  });

  it("without a formula are refused, with what to do instead", () => {
    const [p, q] = [new Normal(0, 1), new Bernoulli({ probs: 0.5 })];
    expect(() => p.klDivergence(q)).toThrow(
      /Normal, on real numbers, and Bernoulli.*\n.*p\.logProb\(x\)\.sub\(q\.logProb\(x\)\)\.mean\(0\)/,
    );
    expect(() => p.crossEntropy(q)).toThrow(OptionError);
    expect(() => p.klDivergence(0.5 as never)).toThrow(/another distribution/);
    expect(() => new Normal([0, 1], 1).klDivergence(new Normal([0, 1, 2], 1))).toThrow(ShapeError);
    expect(() => new Categorical({ probs: [1, 1] }).klDivergence(new Categorical({ probs: [1, 1, 1] }))).toThrow(
      /2 of them/,
    );
  });
});

describe("batches", () => {
  it("of none are none", () => {
    const p = new Normal(tensor([], { shape: [0] }), 1);
    expect([p.entropy(), p.logProb(0), p.sample([3]), p.klDivergence(p)].map(({ shape }) => shape)).toEqual([
      [0],
      [0],
      [3, 0],
      [0],
    ]);
  });

  it("broadcast, entropies and divergences as well", () => {
    const p = new Normal([0, 1], [[1], [2], [3]]);
    expect(p.batchShape).toEqual([3, 2]);
    for (const x of [p.entropy(), p.mean, p.variance, p.logProb(0), p.klDivergence(new Normal(0, 1))])
      expect(x.shape).toEqual([3, 2]);
    expect(p.logProb([[[1, 2]]]).shape).toEqual([1, 3, 2]);
  });

  it("take the dtype of the tensors among the parameters", () => {
    expect(new Normal(tensor([0.1], exact), 0.1).scale.toTypedArray()).toEqual(Float64Array.of(0.1));
    expect(new Normal(0, 1).dtype).toBe("float32");
    expect(new Bernoulli({ probs: tensor([true, false]) }).logProb([true, false]).toArray()).toEqual([0, 0]);
  });
});

describe("the distribution of data", () => {
  it("has a cross-entropy with any model that is its negative log-likelihood", () => {
    const x = tensor([1, 2, 4], exact);
    const q = new Normal(tensor(2, exact), 1.5);
    expect(new Empirical(x).crossEntropy(q).item()).toBeCloseTo(-q.logProb(x).mean().item(), 14);
    expect(new Empirical(x).crossEntropy(new Normal([0, 1], 1)).toArray()).toEqual(
      [0, 1].map((loc) => new Empirical(x).crossEntropy(new Normal(loc, 1)).item()),
    );
    const rows = new Empirical([
      [0, 1],
      [1, 1],
    ]);
    expect(rows.crossEntropy(new Bernoulli({ probs: [0.5, 1] })).at(1)).toBeCloseTo(0, 6);
    expect(() => new Empirical([1]).klDivergence(q)).toThrow(OptionError);
  });

  it("counts samples that are the same", () => {
    const p = new Empirical([
      [0, 1],
      [2, 3],
      [0, 1],
      [0, 0],
    ]);
    expect(
      p
        .logProb([
          [0, 1],
          [0, 0],
          [9, 9],
        ])
        .exp()
        .toArray(),
    ).toEqual([0.5, 0.25, 0]);
    expect(p.entropy().item()).toBeCloseTo(1.5 * Math.LN2, 6);
    expect(p.mean.toArray()).toEqual([0.5, 1.25]);
    expect(p.variance.toArray()).toEqual([0.75, 1.1875]);
    expect(p.sample([3]).shape).toEqual([3, 2]);
    expect(
      p
        .klDivergence(
          new Empirical([
            [0, 1],
            [5, 5],
          ]),
        )
        .item(),
    ).toBe(inf);
    expect(p.klDivergence(p).item()).toBe(0);
    expect(() => p.logProb([1, 2, 3])).toThrow(/\[\.\., 2\]/);
  });

  it("splits into entropy and divergence where the model counts too", () => {
    const [p, q] = [new Empirical([0, 1, 1]), new Bernoulli({ probs: 0.5 })];
    expect(p.crossEntropy(q).item()).toBeCloseTo(p.entropy().add(p.klDivergence(q)).item(), 6);
  });
});

it("a multivariate normal of independent numbers is as many normals", () => {
  const scale = tensor([0.5, 2, 1], exact);
  const [apart, together] = [
    new Normal([1, 2, 3], scale),
    new MultivariateNormal([1, 2, 3], { scaleTril: eye(3).cast("float64").mul(scale) }),
  ];
  const x = [
    [0, 1, 2],
    [3, 3, 3],
  ];
  expect(together.logProb(x).sub(apart.logProb(x).sum(-1)).abs().max().item()).toBeLessThan(1e-13);
  expect(together.entropy().item()).toBeCloseTo(apart.entropy().sum().item(), 13);
  expect(together.covarianceMatrix.toArray()).toEqual([
    [0.25, 0, 0],
    [0, 4, 0],
    [0, 0, 1],
  ]);
});

it("a parameter is read anew, so that a distribution can be made once", () => {
  const loc = parameter(0);
  const p = new Normal(loc, 1);
  loc.assign(tensor(3));
  expect([p.mean.item(), p.logProb(3).item()]).toEqual([3, Math.fround(-0.5 * Math.log(2 * Math.PI))]);
});

it("names of other libraries say what to write", () => {
  const p = new Normal(0, 1) as never as Record<string, () => unknown>;
  for (const name of ["log_prob", "pdf", "rvs", "kl_divergence", "std", "fit"])
    expect(() => p[name]()).toThrow(/Write p|Empirical/);
  for (const name of ["stddev", "batch_shape"]) expect(() => p[name]).toThrow(OptionError);
});

it("classes have no mean", () => {
  const p: Distribution = new Categorical({ probs: [1, 1] });
  expect(p).toBeInstanceOf(Distribution);
  expect(() => p.mean).toThrow(/probs/);
  expect(() => p.variance).toThrow(OptionError);
});
