/**
 * Cross-entropy explained, in numbers: what it is made of, what some texts get wrong about it, and why the formula of
 * the textbooks must not be evaluated as it is written.
 */
import { binaryCrossEntropyWithLogits, explainCrossEntropy, grad, information, type Tensor } from "chainrule";

// A coin that shows heads 60% of the time, and somebody who believes that it is fair.
const p = [0.6, 0.4];
const q = [0.5, 0.5];
console.log(String(explainCrossEntropy(p, q, { labels: ["heads", "tails"] })));

console.log("\n1. The sign. Cross-entropy is -Σ p log q. Some texts leave the minus out:");
const wrongSign = p.reduce((sum, pi, i) => sum + pi * Math.log(q[i]), 0);
console.log(`   Σ p log q = ${wrongSign.toFixed(4)}: below 0, and minimising it would reward what is wrong.`);

console.log('\n2. "The cross-entropy is 0 when the prediction is perfect." It is H(p) then:');
console.log(
  `   H(p, p) = ${information.crossEntropy(p, p).item().toFixed(4)} = H(p) = ${information.entropy(p).item().toFixed(4)} nats, and KL(p, p) = ${information.klDivergence(p, p).item()}.`,
);
console.log(
  `   Only where p is certain is it 0: H = ${information.crossEntropy([1, 0], [1, 0]).item()} for p = q = (1, 0).`,
);

console.log("\n3. 0 log 0. An event that never happens costs nothing, but floating point does not know the limit:");
console.log(
  `   0 * Math.log(0) = ${0 * Math.log(0)}, while information.entropy([1, 0]) = ${information.entropy([1, 0]).item()}.`,
);

console.log("\n4. The textbook formula -[y log p + (1 - y) log(1 - p)] on a logit z, p = sigmoid(z), in float32:");
const textbook = (z: number, y: number) => {
  const sigmoid = Math.fround(1 / (1 + Math.exp(-z)));
  return -(y * Math.log(sigmoid) + (1 - y) * Math.log(1 - sigmoid));
};
const stable = (y: number) => (z: Tensor) => binaryCrossEntropyWithLogits(z, [y]);
console.log("       z   y   textbook   stable    d stable / dz");
for (const [z, y] of [
  [2, 1],
  [10, 0],
  [20, 1],
  [20, 0],
  [-200, 1],
]) {
  const numbers = [
    textbook(z, y).toFixed(4),
    stable(y)([z] as never)
      .item()
      .toFixed(4),
    grad(stable(y))([z]).at(0).toFixed(4),
  ];
  console.log(`   ${String(z).padStart(5)}  ${y}  ${numbers.map((text) => text.padStart(9)).join("  ")}`);
}
console.log(
  "   The stable form is max(z, 0) - y z + log(1 + exp(-|z|)): no logarithm of a number that was rounded to 0.",
);

/* Output:
 * event       p       q  -log q  p · -log q
 * heads  0.6000  0.5000  0.6931      0.4159
 * tails  0.4000  0.5000  0.6931      0.2773
 *
 *                              nats    bits
 * H(p)       -Σ p log p      0.6730  0.9710
 * KL(p ‖ q)  Σ p log(p / q)  0.0201  0.0290
 * H(p, q)    -Σ p log q      0.6931  1.0000
 *
 * H(p, q) = H(p) + KL(p ‖ q). The minus sign belongs to it: log q is never above 0, so -Σ p log q is never below.
 * Where q = p, KL is 0 and H(p, q) is H(p): not 0, unless p is certain.
 *
 * 1. The sign. Cross-entropy is -Σ p log q. Some texts leave the minus out:
 *    Σ p log q = -0.6931: below 0, and minimising it would reward what is wrong.
 *
 * 2. "The cross-entropy is 0 when the prediction is perfect." It is H(p) then:
 *    H(p, p) = 0.6730 = H(p) = 0.6730 nats, and KL(p, p) = 0.
 *    Only where p is certain is it 0: H = 0 for p = q = (1, 0).
 *
 * 3. 0 log 0. An event that never happens costs nothing, but floating point does not know the limit:
 *    0 * Math.log(0) = NaN, while information.entropy([1, 0]) = 0.
 *
 * 4. The textbook formula -[y log p + (1 - y) log(1 - p)] on a logit z, p = sigmoid(z), in float32:
 *        z   y   textbook   stable    d stable / dz
 *        2  1     0.1269     0.1269    -0.1192
 *       10  0     9.9996    10.0000     1.0000
 *       20  1        NaN     0.0000    -0.0000
 *       20  0   Infinity    20.0000     1.0000
 *     -200  1   Infinity   200.0000    -1.0000
 *    The stable form is max(z, 0) - y z + log(1 + exp(-|z|)): no logarithm of a number that was rounded to 0.
 */
