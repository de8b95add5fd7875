/**
 * Networks of scalar Values: XOR, which one neuron alone cannot learn, then the two moons, with their decision boundary.
 */
import { ScalarMLP, Value } from "chainrule";

/** One example: the network's inputs, and the class (0 or 1) that it should find. */
type Example = { inputs: number[]; target: number };

/** Trains by gradient descent on all examples at once, and returns the last loss. */
function train(mlp: ScalarMLP, examples: Example[], { steps, lr }: { steps: number; lr: number }): number {
  let last = NaN;
  for (let step = 0; step < steps; step++) {
    const losses = examples.map(({ inputs, target }) => {
      const [logit] = mlp.call(inputs);
      // Binary cross-entropy of the probability sigmoid(logit), in the form that never takes the logarithm of 0.
      return logit.softplus().sub(logit.mul(target));
    });
    const loss = Value.mean(losses);
    mlp.zeroGrad();
    loss.backward();
    for (const parameter of mlp.parameters()) parameter.data -= lr * parameter.grad;
    last = loss.data;
  }
  return last;
}

/** The class that the network takes the inputs for: 1 where the probability is above one half. */
const predict = (mlp: ScalarMLP, inputs: number[]) => (mlp.call(inputs)[0].data > 0 ? 1 : 0);

const accuracy = (mlp: ScalarMLP, examples: Example[]) =>
  examples.filter(({ inputs, target }) => predict(mlp, inputs) === target).length / examples.length;

// ---- XOR: true when exactly one of the two is.
const xor: Example[] = [
  { inputs: [0, 0], target: 0 },
  { inputs: [0, 1], target: 1 },
  { inputs: [1, 0], target: 1 },
  { inputs: [1, 1], target: 0 },
];
const small = new ScalarMLP([2, 4, 1], { activation: "tanh", seed: 1 });
const xorLoss = train(small, xor, { steps: 500, lr: 0.5 });
console.log(`XOR: ${small}, ${small.parameters().length} parameters, loss ${xorLoss.toFixed(4)}`);
for (const { inputs } of xor)
  console.log(`  ${inputs.join(" xor ")} → probability ${small.call(inputs)[0].sigmoid().data.toFixed(2)}`);

// ---- Two moons: half circles that reach into each other, so that no straight line parts them.
const data = moons(100, { noise: 0.1, seed: 1 });
const mlp = new ScalarMLP([2, 16, 16, 1], { activation: "tanh", seed: 1 });
const loss = train(mlp, data, { steps: 300, lr: 0.5 });
console.log(`\nMoons: ${mlp}, ${mlp.parameters().length} parameters, loss ${loss.toFixed(4)}`);
console.log(`accuracy ${accuracy(mlp, data)}\n`);
draw(mlp, data);

/** The plane as the network sees it: shaded where it says class 1, with the examples as o (class 0) and x (class 1). */
function draw(mlp: ScalarMLP, examples: Example[]): void {
  const [columns, rows] = [60, 20];
  const range = (axis: number) => {
    const values = examples.map(({ inputs }) => inputs[axis]);
    return [Math.min(...values) - 0.2, Math.max(...values) + 0.2];
  };
  const [[left, right], [bottom, top]] = [range(0), range(1)];
  const screen: string[][] = [];
  for (let row = 0; row < rows; row++) {
    const y = top - ((row + 0.5) / rows) * (top - bottom);
    const x = (column: number) => left + ((column + 0.5) / columns) * (right - left);
    screen.push(Array.from({ length: columns }, (_, column) => (predict(mlp, [x(column), y]) === 1 ? "░" : "·")));
  }
  for (const { inputs, target } of examples) {
    const column = Math.floor(((inputs[0] - left) / (right - left)) * columns);
    const row = Math.floor(((top - inputs[1]) / (top - bottom)) * rows);
    screen[row][column] = target === 1 ? "x" : "o";
  }
  console.log(screen.map((line) => line.join("")).join("\n"));
}

/** Points on two half circles that reach into each other, shaken a little. */
function moons(count: number, { noise, seed }: { noise: number; seed: number }): Example[] {
  let state = seed;
  // Park & Miller's minimal standard generator.
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const shake = () => noise * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, (_, i) => {
    const target = i % 2;
    const angle = Math.PI * random();
    const [x, y] = target === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
    return { inputs: [x + shake(), y + shake()], target };
  });
}

/* Output:
 * XOR: ScalarMLP(2 → 4 tanh → 1 linear), 17 parameters, loss 0.0108
 *   0 xor 0 → probability 0.00
 *   0 xor 1 → probability 0.99
 *   1 xor 0 → probability 0.99
 *   1 xor 1 → probability 0.02
 *
 * Moons: ScalarMLP(2 → 16 tanh → 16 tanh → 1 linear), 337 parameters, loss 0.0118
 * accuracy 1
 *
 * ····························································
 * ··················o·······································░░
 * ···········o···o··oo·oo··oo·····························░░░░
 * ·············o··········oo··o···o·····················░░░░░░
 * ···········ooo·o···········o··oo·····················░░░░░░░
 * ·········oo·······░░░░······o·····o················░░░░░░░░░
 * ······o··········░░░x░░░······o····o·············░░░░░░░░░░░
 * ·······o········░░░░░░x░░··········o···········░░░░░░xx░░░░░
 * ·······o·······░░░░░x░x░░░·········o··o·······░░░░x░░xx░x░░░
 * ·····o········░░░░░░x░x░░░░░·····oo·········░░░░░░░░░x░░░░░░
 * ····oo··o·····░░░░░░░░░░░░░░░········o····░░░░░░░░░░░x░░░░░░
 * ···o·········░░░░░░░░░░░░░░░░░░··oo·····░░░░░░░░░░░░░░░░░░░░
 * ············░░░░░░░░░░xxx░░░░░░░░·····░░░░░░░░░░x░x░░░░░░░░░
 * ···········░░░░░░░░░░░x░xx░░░░░░░░░░░░░░░░x░░░x░░░x░░░░░░░░░
 * ··········░░░░░░░░░░░░░░░░x░x░░░x░░░░░░░░░░░x░x░░░░x░░░░░░░░
 * ·········░░░░░░░░░░░░░░░░x░x░░░░░░░░░░x░xx░x░x░░░░░░░░░░░░░░
 * ········░░░░░░░░░░░░░░░░░░░░░░░x░░░░░xx░░x░░░░░░░░░░░░░░░░░░
 * ·······░░░░░░░░░░░░░░░░░░░░░░░░░x░░░░░░░x░░░░░░░░░░░░░░░░░░░
 * ·····░░░░░░░░░░░░░░░░░░░░░░░░░░░░x░░░░░░░░░░░░░░░░░░░░░░░░░░
 * ····░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
 */
