/**
 * A training whose loss jumps: step by step back to where it was well, a look at the gradient there, and on with a smaller
 * learning rate. The step goes into a page to click through, and some of its numbers are asked for.
 */
import { mkdir, writeFile } from "node:fs/promises";
import {
  Dense,
  explainBackward,
  gradeAnswer,
  jit,
  makeMoons,
  manualSeed,
  mse,
  quizQuestions,
  rewindable,
  Sequential,
  SGD,
  type Tensor,
  tracePage,
} from "chainrule";

manualSeed(3);
const { x, y } = makeMoons({ nSamples: 60, noise: 0.1 });
const targets = y.cast("float32").unsqueeze(-1);
const model = new Sequential([
  new Dense({ units: 6, inputDim: 2, activation: "tanh" }),
  new Dense({ units: 1, inputDim: 6 }),
]);
const optimizer = new SGD(model, { lr: 0.1, momentum: 0.9 });
const trainStep = jit((inputs: Tensor, outputs: Tensor) => {
  optimizer.zeroGrad();
  const loss = mse(model.call(inputs), outputs);
  loss.backward();
  optimizer.step();
  return loss;
});

const training = rewindable(() => trainStep(x, targets).item(), { model, optimizer });
console.log(`loss after 60 steps: ${training.step(60).toFixed(3)}`);
optimizer.lr = 2; // too much
let worst = training.step();
while (worst < 1) worst = training.step();
console.log(`loss at step ${training.at}: ${worst.toFixed(1)}`);

// Back until the loss is what it was, and from there as it should have been.
const lossNow = () => mse(model.call(x), targets).item();
while (lossNow() > 0.15) training.back();
console.log(`step ${training.at}: ${lossNow().toFixed(3)}, with a learning rate of ${optimizer.lr}`);
training.to(60);
optimizer.lr = 0.1;
console.log(`200 steps on from step 60, with 0.1: ${training.step(200).toFixed(3)}`);

// What the last step went by, for three points.
const few = x.slice([0, 3]);
const loss = mse(model.call(few), targets.slice([0, 3]));
const explained = explainBackward(loss, { names: { points: few, loss } });
const html = tracePage(explained, { title: "One step", predict: true, quiz: 5, seed: 1 });
const folder = new URL("../out/", import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL("27-one-step.html", folder), html);
console.log(`out/27-one-step.html: ${html.split("<article").length - 1} steps to click through`);

// `await quiz(explained)` asks in the terminal; here is what it says of a slip.
const [question] = quizQuestions(explained, { questions: 1, seed: 1 });
const slip = question.slips.find(({ name }) => name === "upstream forgotten") ?? question.slips[0];
console.log(question.ask);
console.log(gradeAnswer(question, String(slip.value)).message);

/* Output:
 * loss after 60 steps: 0.079
 * loss at step 64: 2.9
 * step 61: 0.101, with a learning rate of 2
 * 200 steps on from step 60, with 0.1: 0.028
 * out/27-one-step.html: 26 steps to click through
 * What does v1 send back to layers.0.kernel[1, 0]?
 * Not quite: "upstream forgotten". That is the local derivative alone. Multiply it by what comes from above, dloss/dv1.
 */
