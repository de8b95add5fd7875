/**
 * What calls are made of, as source text: `cr` is the library, `h` what stands below in {@link helpers}.
 */

/** What a user's own function throws: it comes out of every call as it went in. */
class Thrown extends Error {}

/** What the source texts may name besides the library. */
export const helpers = {
  Thrown,
  throws: (): never => {
    throw new Thrown("from a function of the user's own");
  },
  /** An object of which nothing can be read. */
  unreadable: () =>
    new Proxy(
      {},
      { get: helpers.throws, has: helpers.throws, ownKeys: helpers.throws, getPrototypeOf: helpers.throws },
    ),
  /** An array whose memory another thread has. */
  detached: () => {
    const array = Float32Array.of(1, 2);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
  },
  circle: () => {
    const list: unknown[] = [1];
    list.push(list);
    return list;
  },
  /** What a trace makes has no numbers once the trace is over. */
  nothing: () => undefined,
};

/** Values that make no sense where a number, a text or a function is wanted: their results are no NaN. */
export const nonsense = [
  "null",
  '""',
  '"x"',
  '"__proto__"',
  'Symbol("s")',
  "10n",
  "{}",
  "Object.create(null)",
  "[]",
  "[undefined]",
  '["x"]',
  "Array(1)",
  "[[1], [1, 2]]",
  "[[1, 2], [3, null]]",
  "[[[[[1]]]]]",
  "new Map()",
  "new Date(0)",
  "/x/",
  "() => 1",
  "() => undefined",
  "async () => 1",
  "class {}",
  "h.throws",
  "h.unreadable()",
  "h.detached()",
  "h.circle()",
  "{ length: 2 }",
  "{ toString: h.throws, valueOf: h.throws }",
  "{ toString: undefined, valueOf: undefined }",
  "{ nonesuch: 1 }",
  "{ shape: [2], dtype: 'float32' }",
  "Promise.resolve(1)",
  "new BigInt64Array(2)",
  "new DataView(new ArrayBuffer(8))",
  "new ArrayBuffer(8)",
  "new Error('e')",
  "cr.Tensor",
];

/** Numbers, arrays and tensors that are something, but hardly what is wanted. */
export const unlikely = [
  "undefined",
  "NaN",
  "Infinity",
  "-Infinity",
  "-1",
  "0",
  "-0",
  "1.5",
  "7",
  "2 ** 53",
  "1e300",
  "true",
  "[-1]",
  "[1.5]",
  "[NaN, Infinity]",
  "[2 ** 20, 2 ** 20]",
  "[2 ** 53]",
  "[0, 2 ** 53]",
  "new Float32Array(0)",
  "Uint8Array.of(1, 2, 3)",
  "cr.zeros([0])",
  "cr.zeros([2, 0, 3])",
  "cr.tensor(1)",
  "cr.tensor([1, 2, 3], { dtype: 'int32' })",
  "cr.tensor([[true, false]])",
  "cr.tensor([1, NaN])",
  "cr.zeros([1, 1, 1, 1, 1])",
  "cr.value(1)",
  "cr.ones([2 ** 20]).unsqueeze(1)",
];

export const hostile = [...nonsense, ...unlikely];

const tensors = [
  "cr.tensor([[1, 2], [3, 4]])",
  "cr.tensor([1, 2])",
  "[0.5, 0.25]",
  "[[0.5, 0.25], [1, 0]]",
  "cr.parameter([[1, 2], [3, 4]])",
  "cr.ones([1, 2, 4, 4])",
  "cr.ones([2, 3, 2])",
  "cr.tensor([0, 1], { dtype: 'int32' })",
  "2",
];
const counts = ["2", "1", "0", "3"];
const functions = [
  "(x) => x",
  "(x) => cr.sum(x)",
  "(x, y) => cr.sum(cr.mul(x, y))",
  "() => cr.tensor(1)",
  "(p, t) => cr.sub(p, t).square()",
];
const shapes = ["[2, 2]", "[2]", "[4]", "[]", "[2, 1]"];
const texts = ['"x"', '"relu"', '"mse"', '"float32"', '"a,b\\n1,2\\n3,4\\n"'];
const modules = [
  "new cr.Dense(2, { inputShape: [2] })",
  "new cr.Sequential([new cr.Dense(2, { inputShape: [2] })])",
  "new cr.ReLU()",
];

/** What a parameter of some name may well take. */
const likely: [RegExp, string[]][] = [
  [/^(options|settings|config)$/i, ["{}", "undefined"]],
  [/^(shape|.*Shape|size|sizes|imageSize)$/i, [...shapes, ...counts]],
  [/^(axis|axes|axis1|axis2|order|dims?)$/i, ["0", "1", "-1", "[0]", "[1, 0]", "[0, 1]"]],
  [
    /^(units|count|n|k|rows|columns|depth|times|low|high|start|end|step|steps|epochs|batchSize|inputs?Size|features|channels|heads)$/i,
    counts,
  ],
  [/^(f|forward|call|loss|callback|fn|build|run|read)$/i, [...functions, '"mse"', "cr.mse"]],
  [/dtype/i, ['"float32"', '"int32"', '"float64"']],
  [/^(where|name|text|path|file|label|title|equation|url|format)$/i, [...texts, '"ij,jk->ik"']],
  [/^(module|model|layer|block|encoder)$/i, modules],
  [/^(layers|parts|modules)$/i, modules.map((text) => `[${text}]`)],
  [
    /^(params|parameters|weights)$/i,
    ["[cr.parameter([1, 2])]", "[cr.parameter([[1, 2], [3, 4]])]", ...modules, ...tensors],
  ],
  [/^(parts|error)$/i, ["{ where: 'here', expected: 'one', got: 'two' }"]],
  [/^(generator|rng)$/i, ["new cr.Generator(1)"]],
  [/^(optimizer)$/i, ['"sgd"', "new cr.SGD([cr.parameter([1])])"]],
  [/^(bytes|buffer|archive)$/i, ["cr.encodeNpy(cr.tensor([[1, 2]]))", "Uint8Array.of(1, 2, 3)"]],
  [/^(rate|lr|learningRate|p|std|mean|value|alpha|beta|gamma|q|scale|factor|rate)$/i, ["0.5", "1", "2", "0.1"]],
  [
    /^(tensors|xs|operands|list|series|curves)$/i,
    ["[[1, 2], [3, 4]]", "[cr.tensor([1, 2]), cr.tensor([3, 4])]", "{ a: [1, 2] }"],
  ],
  [/^(sentences|texts|words|tokens|names)$/i, ["['a b', 'c']", "[['a', 'b'], ['c']]"]],
  [/^(result|output|root)$/i, ["cr.value(3).mul(2)", "cr.parameter([1]).mul(2).sum()"]],
];

const anything = [
  ...tensors,
  ...shapes,
  ...counts,
  ...functions,
  ...texts,
  ...modules,
  "undefined",
  "{}",
  "true",
  "new cr.Generator(1)",
  "cr.value(2)",
  "[cr.parameter([1, 2])]",
  "new cr.SGD([cr.parameter([1])])",
  "[1, 2, 3]",
  "['a', 'b', 'a']",
  "[[1, 2], [1]]",
  "{ loss: [1, 2] }",
  "{ a: cr.tensor([1, 2]) }",
  "cr.makeMoons(10)",
  "cr.encodeNpy(cr.tensor([[1, 2]]))",
];

/** Values for a parameter of this name: those that fit its name first, then anything. */
export function plausible(name: string): readonly string[] {
  const found = likely.flatMap(([pattern, values]) => (pattern.test(name) ? values : []));
  return found.length > 0 ? [...found, ...found, ...tensors] : anything;
}
