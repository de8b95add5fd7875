import { describe, expect, it } from "vitest";
import * as cr from "../src/index.ts";

const x = cr.tensor([
  [1, 2],
  [3, 4],
]);
const images = cr.ones([1, 1, 4, 4]);
const signal = cr.ones([1, 1, 4]);
const f = (w: cr.Tensor) => w.square().sum();

type Options = never;

/** Everything with options, called with some; and a misspelling of one of its options. */
const takers: Record<string, [misspelt: string, meant: string, call: (options: Options) => unknown]> = {
  tensor: ["dtyp", "dtype", (o) => cr.tensor([1], o)],
  zeros: ["requires_grd", "requiresGrad", (o) => cr.zeros([2], o)],
  ones: ["type", "dtype", (o) => cr.ones([2], o)],
  full: ["dtyp", "dtype", (o) => cr.full([2], 1, o)],
  zerosLike: ["dtyp", "dtype", (o) => cr.zerosLike(x, o)],
  onesLike: ["dtyp", "dtype", (o) => cr.onesLike(x, o)],
  fullLike: ["dtyp", "dtype", (o) => cr.fullLike(x, 2, o)],
  arange: ["dtyp", "dtype", (o) => cr.arange(0, 3, 1, o)],
  linspace: ["dtyp", "dtype", (o) => cr.linspace(0, 1, 3, o)],
  eye: ["dtyp", "dtype", (o) => cr.eye(2, 2, o)],
  oneHot: ["dtyp", "dtype", (o) => cr.oneHot([0, 1], 2, o)],
  rand: ["hihg", "high", (o) => cr.rand([2], o)],
  randn: ["sdt", "std", (o) => cr.randn([2], o)],
  truncatedNormal: ["maen", "mean", (o) => cr.truncatedNormal([2], o)],
  randint: ["generatr", "generator", (o) => cr.randint(0, 2, [2], o)],
  bernoulli: ["dtyp", "dtype", (o) => cr.bernoulli(0.5, [2], o)],
  categorical: ["dtyp", "dtype", (o) => cr.categorical([1, 2], [2], o)],
  randPoisson: ["dtyp", "dtype", (o) => cr.randPoisson(1, [2], o)],
  randExponential: ["dtyp", "dtype", (o) => cr.randExponential(1, [2], o)],
  randGamma: ["rates", "rate", (o) => cr.randGamma(1, [2], o)],
  randBeta: ["dtyp", "dtype", (o) => cr.randBeta(1, 1, [2], o)],
  randGumbel: ["dtyp", "dtype", (o) => cr.randGumbel([2], o)],
  randLaplace: ["scal", "scale", (o) => cr.randLaplace([2], o)],
  randperm: ["dtyp", "dtype", (o) => cr.randperm(3, o)],
  sum: ["keepdim", "keepDims", (o) => cr.sum(x, 0, o)],
  mean: ["keep_dims", "keepDims", (o) => cr.mean(x, 0, o)],
  prod: ["keepdim", "keepDims", (o) => cr.prod(x, 0, o)],
  max: ["keepdim", "keepDims", (o) => cr.max(x, 0, o)],
  min: ["keepdim", "keepDims", (o) => cr.min(x, 0, o)],
  any: ["keepdim", "keepDims", (o) => cr.any(x, 0, o)],
  all: ["keepdim", "keepDims", (o) => cr.all(x, 0, o)],
  logSumExp: ["keepdim", "keepDims", (o) => cr.logSumExp(x, 0, o)],
  countNonZero: ["keepdim", "keepDims", (o) => cr.countNonZero(x, 0, o)],
  argmax: ["keepdim", "keepDims", (o) => cr.argmax(x, 0, o)],
  argmin: ["keepdim", "keepDims", (o) => cr.argmin(x, 0, o)],
  variance: ["corection", "correction", (o) => cr.variance(x, 0, o)],
  std: ["corection", "correction", (o) => cr.std(x, 0, o)],
  norm: ["keepdim", "keepDims", (o) => cr.norm(x, 0, o)],
  cumsum: ["revers", "reverse", (o) => cr.cumsum(x, 0, o)],
  sort: ["decending", "descending", (o) => cr.sort(x, 0, o)],
  argsort: ["decending", "descending", (o) => cr.argsort(x, 0, o)],
  topK: ["larges", "largest", (o) => cr.topK(x, 1, 0, o)],
  gelu: ["aproximate", "approximate", (o) => cr.gelu(x, o)],
  allClose: ["rtoll", "rtol", (o) => cr.allClose(x, x, o)],
  conv1d: ["strid", "stride", (o) => cr.conv1d(signal, signal, o)],
  conv2d: ["strid", "stride", (o) => cr.conv2d(images, images, o)],
  convTranspose2d: ["outputPading", "outputPadding", (o) => cr.convTranspose2d(images, images, o)],
  maxPool1d: ["strid", "stride", (o) => cr.maxPool1d(signal, 2, o)],
  maxPool2d: ["strid", "stride", (o) => cr.maxPool2d(images, 2, o)],
  avgPool1d: ["countIncludePads", "countIncludePad", (o) => cr.avgPool1d(signal, 2, o)],
  avgPool2d: ["countIncludePads", "countIncludePad", (o) => cr.avgPool2d(images, 2, o)],
  unfold: ["paddin", "padding", (o) => cr.unfold(images, 2, o)],
  fold: ["paddin", "padding", (o) => cr.fold(cr.unfold(images, 2), [4, 4], 2, o)],
  upsample2d: ["mod", "mode", (o) => cr.upsample2d(images, 2, o)],
  grad: ["arguments", "argument", (o) => cr.grad(f, o)],
  valueAndGrad: ["arguments", "argument", (o) => cr.valueAndGrad(f, o)],
  jacobian: ["arguments", "argument", (o) => cr.jacobian(f, o)],
  hessian: ["arguments", "argument", (o) => cr.hessian(f, o)],
  backward: ["retain_grahp", "retainGraph", (o) => f(cr.parameter([1])).backward(undefined, o)],
  gradients: ["createGrap", "createGraph", gradientsOf],
  checkGradients: ["tolerace", "tolerance", (o) => cr.checkGradients(f, [[1]], o)],
};

function gradientsOf(options: Options) {
  const w = cr.parameter([1]);
  return cr.gradients([f(w)], [w], options);
}

const error = (call: () => unknown): cr.ChainRuleError => {
  try {
    call();
  } catch (caught) {
    return caught as cr.ChainRuleError;
  }
  throw new Error("nothing was thrown");
};

describe.each(Object.entries(takers))("%s", (name, [misspelt, meant, call]) => {
  it("takes no option that it does not know, and names the one that was meant", () => {
    const caught = error(() => call({ [misspelt]: 1 } as Options));
    expect(caught).toBeInstanceOf(cr.OptionError);
    expect(caught.where).toBe(name);
    expect(caught.message).toContain(`got "${misspelt}"`);
    if (misspelt !== "type") expect(caught.hint).toContain(`Did you mean "${meant}"?`);
  });

  it("takes only plain objects", () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const throwing = new Proxy({}, { get: () => expect.fail("read") });
    const inherited = Object.create({ [misspelt]: 1 });
    for (const given of [
      null,
      1,
      true,
      "x",
      1n,
      Symbol("s"),
      [],
      x,
      new Map(),
      new Date(),
      f,
      revoked.proxy,
      throwing,
      inherited,
    ])
      expect(error(() => call(given as Options))).toBeInstanceOf(cr.OptionError);
  });

  it("does without, and takes an object without prototype", () => {
    expect(() => call(undefined as Options)).not.toThrow();
    expect(() => call({} as Options)).not.toThrow();
    expect(() => call(Object.create(null) as Options)).not.toThrow();
  });
});

it("methods of tensors check the same options", () => {
  const o = (options: object) => options as Options;
  const calls: [string, () => unknown][] = [
    ["sum", () => x.sum(0, o({ keepdims: true }))],
    ["mean", () => x.mean(0, o({ keepdim: true }))],
    ["variance", () => x.var(0, o({ corection: 1 }))],
    ["std", () => x.std(0, o({ ddof: 1 }))],
    ["topK", () => x.topK(1, 0, o({ sorted: true }))],
    ["gelu", () => x.gelu(o({ approx: "tanh" }))],
    ["cumsum", () => x.cumsum(0, o({ exclusive: true }))],
    ["sort", () => x.sort(0, o({ desc: true }))],
  ];
  for (const [name, call] of calls) {
    const caught = error(call);
    expect(caught).toBeInstanceOf(cr.OptionError);
    expect(caught.where).toBe(name);
  }
});

it("options are read from other windows too, and getters are read", () => {
  const other = Object.create(Object.create(null));
  other.keepDims = true;
  expect(x.sum(0, other).shape).toEqual([1, 2]);
  expect(
    x.sum(0, {
      get keepDims() {
        return true;
      },
    }).shape,
  ).toEqual([1, 2]);
});

it("tensors like others take a dtype and requiresGrad", () => {
  expect(cr.zerosLike(x, { dtype: "int32" }).dtype).toBe("int32");
  expect(cr.onesLike([1, 2], { requiresGrad: true }).requiresGrad).toBe(true);
  expect(cr.fullLike(cr.tensor([1, 2], { dtype: "float64" }), 0.1).toArray()).toEqual([0.1, 0.1]);
});
