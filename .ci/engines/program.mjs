// What every engine must run alike: small models trained eagerly and by compiled steps, every module that is emitted on
// the way validated. `check()` returns the numbers; engines.mjs bundles it for Node and for a page.
import {
  Adam,
  conv2d,
  crossEntropy,
  Dense,
  Dropout,
  defaultGenerator,
  Generator,
  jit,
  LSTM,
  MultiHeadAttention,
  manualSeed,
  maxPool2d,
  parameter,
  randint,
  randn,
  Sequential,
  SGD,
  tensor,
} from "chainrule";
import fc from "fast-check";
import { inputsOf, programsOf, runProgram } from "../../packages/compiler/test/programs.ts";

/** Counts modules, and throws for one that the engine does not validate. */
function watchModules() {
  const seen = { modules: 0, bytes: 0 };
  const { WebAssembly } = globalThis;
  if (WebAssembly === undefined) return seen;
  WebAssembly.Module = class extends WebAssembly.Module {
    constructor(bytes) {
      if (!WebAssembly.validate(bytes)) throw new Error(`a module of ${bytes.length} bytes is not valid here`);
      super(bytes);
      seen.modules++;
      seen.bytes += bytes.length;
    }
  };
  return seen;
}

const noise = (shape, seed) => randn(shape, { generator: new Generator(seed) });

function trained(model, optimizer, x, y, options) {
  const step = (input, target) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model(input), target);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const run = options === null ? step : jit(step, options);
  return Array.from({ length: 12 }, () => run(x, y).item());
}

/** Each makes a training run afresh: the losses of its steps. */
const programs = {
  mlp: (options) => {
    const model = new Sequential([new Dense({ units: 33, activation: "relu" }), new Dropout(0.3), new Dense(3)]);
    model.ensureBuilt([null, 7]);
    model.train();
    const y = randint(0, 3, [19], { generator: new Generator(3) });
    return trained((x) => model.call(x), new Adam(model, { lr: 0.01 }), noise([19, 7], 1), y, options);
  },
  convolution: (options) => {
    const kernel = parameter(noise([4, 1, 3, 3], 4).mul(0.4));
    const head = parameter(noise([36, 2], 5).mul(0.2));
    const model = (x) => maxPool2d(conv2d(x, kernel).relu(), 2).flatten(1).matmul(head);
    const y = randint(0, 2, [6], { generator: new Generator(6) });
    return trained(model, new SGD([kernel, head], { lr: 0.05 }), noise([6, 1, 8, 8], 7), y, options);
  },
  recurrent: (options) => {
    const [cell, head] = [new LSTM({ units: 9, inputDim: 3 }), new Dense({ units: 2, inputDim: 9 })];
    const weights = [...cell.parameters(), ...head.parameters()];
    const y = randint(0, 2, [5], { generator: new Generator(8) });
    return trained((x) => head.call(cell.call(x)), new SGD(weights, { lr: 0.2 }), noise([5, 6, 3], 9), y, options);
  },
  attention: (options) => {
    const layer = new MultiHeadAttention({ embedDim: 8, heads: 2 });
    layer.ensureBuilt([null, null, 8]);
    const y = randint(0, 8, [4], { generator: new Generator(10) });
    const model = (x) => layer.call(x, { causal: true }).mean(1);
    return trained(model, new SGD(layer, { lr: 0.5 }), noise([4, 5, 8], 11), y, options);
  },
};

/** A graph of everything that has a form in instructions, in all dtypes. */
function zoo() {
  const f = (x, d, i, b) => [
    x.exp().add(x.tanh()).mul(x.sigmoid()).sub(x.erf()).add(x.sin().mul(x.cos())),
    x.softplus().log().add(x.square().add(1).rsqrt()).pow(2).add(x.abs().add(0.5).log1p().expm1()),
    d.mul(2).tanh().sum(0),
    i.add(i).greater(2).logicalAnd(b).cast("float32").mul(x).max(1),
    x.softmax(-1).sum(),
    x.slice(":", "::-1").T.matmul(x).logSoftmax(0),
    x.gather(i.slice(0).abs(), 0).cumsum(0).min(),
  ];
  const x = noise([5, 9], 20);
  const whole = tensor(
    Array.from({ length: 45 }, (_, n) => n % 5),
    { shape: [5, 9], dtype: "int32" },
  );
  const given = [x, x.cast("float64"), whole, x.greater(0)];
  const numbers = (results) => results.flatMap((result) => [...result.cast("float64").toTypedArray()]);
  return { eager: numbers(f(...given)), compiled: numbers(jit(f)(...given)) };
}

/**
 * Random programs, compiled against eager: how many values were compared.
 *
 * @throws Error that holds the program where they differ.
 */
function random() {
  let compared = 0;
  const same = (a, b, exact) => Object.is(a, b) || a === b || (!exact && Math.abs(a - b) <= 1e-5 * (1 + Math.abs(b)));
  for (const program of fc.sample(programsOf({ wild: true, longest: 8 }), { numRuns: 200, seed: 9 })) {
    const inputs = inputsOf(program);
    const made = runProgram(program, inputs);
    const found = jit((...xs) => runProgram(program, xs).map(({ x }) => x))(...inputs);
    made.forEach(({ name, x, exact }, i) => {
      const wanted = x.toTypedArray();
      for (const [at, number] of found[i].toTypedArray().entries()) {
        compared++;
        if (!same(number, wanted[at], exact))
          throw new Error(`${number} compiled, ${wanted[at]} eager: ${name} in ${JSON.stringify(program)}`);
      }
    });
  }
  return { compiled: [compared] };
}

/** Losses of every program, run eagerly, compiled, and compiled to round as every engine does. */
export async function check() {
  const seen = watchModules();
  const results = { zoo: zoo(), random: random() };
  for (const [name, run] of Object.entries(programs)) {
    const modes = {};
    for (const [mode, options] of [
      ["eager", null],
      ["compiled", {}],
      ["deterministic", { deterministic: true }],
    ]) {
      manualSeed(12);
      modes[mode] = [...run(options), defaultGenerator().uniform()];
    }
    results[name] = modes;
  }
  manualSeed(13);
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 2, activation: "tanh" }),
    new Dropout(0.1),
    new Dense(1),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  const { history } = await model.fit(noise([50, 2], 14), noise([50, 1], 15), { epochs: 5, batchSize: 16, verbose: 0 });
  results.fit = { compiled: history.loss };
  const engine = globalThis.process?.version ?? globalThis.navigator.userAgent;
  return { engine, results, modules: seen.modules, bytes: seen.bytes };
}
