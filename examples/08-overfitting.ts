/**
 * Overfitting, and what L1, L2 and dropout do to it: 40 noisy points, and a network with far more weights than that.
 *
 * The training loss goes to 0: the network learns the noise by heart. The validation loss shows what that costs: each
 * wrong answer given with certainty has a large surprisal.
 */
import { Dense, Dropout, l1, l2, makeMoons, manualSeed, plotLines, type Regularizer, Sequential } from "chainrule";

const train = makeMoons({ nSamples: 40, noise: 0.35, seed: 1 });
const validation = makeMoons({ nSamples: 400, noise: 0.35, seed: 2 });

function network(kernelRegularizer?: Regularizer, rate = 0) {
  const hidden = () => new Dense({ units: 64, activation: "relu", kernelRegularizer });
  const layers = [hidden(), new Dropout(rate), hidden(), new Dropout(rate), new Dense({ units: 2 })];
  return new Sequential(layers);
}

const networks = {
  plain: () => network(),
  L1: () => network(l1(0.001)),
  L2: () => network(l2(0.005)),
  dropout: () => network(undefined, 0.5),
};

const curves: Record<string, number[]> = {};
console.log("             cross-entropy      accuracy     weights");
console.log("             train  validation  validation   below 0.001");
for (const [name, make] of Object.entries(networks)) {
  manualSeed(1);
  const model = make();
  model.compile({ optimizer: "adam", loss: "crossEntropy", metrics: ["crossEntropy", "accuracy"] });
  model.optimizer.lr = 0.005;
  const { history } = await model.fit(train.x, train.y, {
    epochs: 400,
    batchSize: 40,
    validationData: [validation.x, validation.y],
  });
  const seen = await model.evaluate(train.x, train.y);
  const unseen = await model.evaluate(validation.x, validation.y);
  const kernels = [...model.namedParameters()].filter(([name]) => name.endsWith("kernel")).map(([, value]) => value);
  const small = kernels.reduce((n, kernel) => n + kernel.abs().less(1e-3).countNonZero().item(), 0);
  const all = kernels.reduce((n, kernel) => n + kernel.size, 0);
  curves[name] = history.val_crossEntropy.filter((_, epoch) => epoch % 8 === 0);
  const numbers = [seen.crossEntropy.toFixed(2), unseen.crossEntropy.toFixed(2), unseen.accuracy.toFixed(2)];
  console.log(
    `${name.padEnd(11)}  ${numbers[0].padEnd(5)}  ${numbers[1].padEnd(10)}  ${numbers[2].padEnd(11)}  ${Math.round((100 * small) / all)}%`,
  );
}

const epochs = curves.plain.map((_, i) => 8 * i + 1);
console.log(plotLines(curves, { x: epochs, title: "validation cross-entropy", xLabel: "epoch" }));

/* Output:
 *              cross-entropy      accuracy     weights
 *              train  validation  validation   below 0.001
 * plain        0.00   2.38        0.84         0%
 * L1           0.03   1.01        0.85         78%
 * L2           0.06   0.52        0.86         29%
 * dropout      0.09   0.59        0.84         0%
 *                     validation cross-entropy
 *    ▲
 * 2.5┤
 *    │                                                     ┏━━━━━━
 *    │                                              ┏━━━━━━┛
 *   2┤                                        ┏━━━━━┛
 *    │                                   ┏━━━━┛
 *    │                               ┏━━━┛
 * 1.5┤                           ┏━━━┛
 *    │                       ┏━━━┛
 *   1┤                   ┏━━━┛                                 ┌──
 *    │                 ┏━┛                      ┌──────────────┘
 *    │             ┏━━━┛           ┌────────────┘          ┏┓  ┏┓
 * 0.5┤┓          ┏━┛      ┌────────┘      ┏════════════════┛┗══┛┗╍
 *    │┗━━━━━━━━━━┛────────┘═══════════════┛
 *    │
 *   0┤
 *    └───────────────┬──────────────┬──────────────┬──────────────▶
 *                  100            200            300
 *                                                             epoch
 * ━━ plain   ── L1   ══ L2   ╍╍ dropout
 */
