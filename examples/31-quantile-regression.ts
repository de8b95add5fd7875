/**
 * A band in place of a line: the model says between which values nine targets in ten will lie, and how far apart these are.
 *
 * The pinball loss charges q for each unit that the target lies above the prediction, and 1 - q for each below. Moving a
 * constant prediction up saves q for every target above it and costs 1 - q for every one below: it rests where a share q
 * of the targets lies below, at the q-quantile (Koenker & Bassett 1978). Three outputs learn three quantiles of y for each
 * x, and no noise of a certain form is assumed: here it grows with x, which a line with one standard deviation cannot say.
 */
import { Adam, cosineDecay, Dense, Generator, manualSeed, plotLines, quantile, Sequential, tensor } from "chainrule";

const levels = [0.05, 0.5, 0.95];
const generator = new Generator(1);
/** y = sin 2x, and noise whose standard deviation is 0.05 + 0.25 x. */
const draw = (n: number) => {
  const xs = Array.from({ length: n }, () => 3 * generator.uniform());
  const ys = xs.map((x) => Math.sin(2 * x) + (0.05 + 0.25 * x) * generator.normal());
  return { x: tensor(xs.map((x) => [x])), y: tensor(ys.map((y) => [y])) };
};
const [train, test] = [draw(2000), draw(2000)];

manualSeed(1);
const model = new Sequential([
  new Dense({ units: 32, inputDim: 1, activation: "tanh" }),
  new Dense({ units: 32, activation: "tanh" }),
  new Dense({ units: levels.length }),
]);
const epochs = 60;
const optimizer = new Adam({ lr: cosineDecay({ lr: 0.01, steps: (epochs * 2000) / 50 }) });
model.compile({ optimizer, loss: quantile.with({ q: levels }) });
await model.fit(train.x, train.y, { epochs, batchSize: 50 });

const predicted = model.predict(test.x);
const share = (i: number) =>
  test.y
    .lessEqual(predicted.slice(":", `${i}:${i + 1}`))
    .cast("float32")
    .mean()
    .item();
levels.forEach((q, i) => {
  console.log(`below the ${q} quantile lie ${share(i).toFixed(3)} of the targets held out`);
});
const covered = 100 * (share(2) - share(0));
console.log(
  `within the band of 90%: ${covered.toFixed(1)}% (goal: at least 87%), ${covered.toFixed(1)}% (goal: at most 93%)`,
);

// The band is 2 · 1.645 standard deviations wide where the noise is normal.
console.log("\n  x    band from to      its width, and the true one");
for (const x of [0.5, 1.5, 2.5]) {
  const [low, , high] = model.predict([[x]]).toArray(2)[0];
  const width = 2 * 1.645 * (0.05 + 0.25 * x);
  console.log(`  ${x}  ${low.toFixed(2)} ${high.toFixed(2)}        ${(high - low).toFixed(2)}  ${width.toFixed(2)}`);
}

const grid = Array.from({ length: 60 }, (_, i) => [i / 20]);
const [low, median, high] = model.predict(grid).T.toArray(2);
console.log(plotLines({ "5%": low, median, "95%": high }, { title: "the band, x from 0 to 3" }));

/* Output:
 * below the 0.05 quantile lie 0.052 of the targets held out
 * below the 0.5 quantile lie 0.495 of the targets held out
 * below the 0.95 quantile lie 0.955 of the targets held out
 * within the band of 90%: 90.3% (goal: at least 87%), 90.3% (goal: at most 93%)
 *
 *   x    band from to      its width, and the true one
 *   0.5  0.53 1.13        0.60  0.58
 *   1.5  -0.57 0.84        1.42  1.40
 *   2.5  -2.03 0.26        2.29  2.22
 *                     the band, x from 0 to 3
 *   ▲
 *  2┤
 *   │
 *   │         ╔════════════════╗
 *  1┤     ╔══┌╝─────────────┐  ╚════╗                          ╔═
 *   │  ╔═┌╝┏━┘━━━━━━━━━━━━┓ └───┐   ╚════╗               ╔═════╝
 *   │┌┏╝━┘━┛              ┗━━━┓ └───┐    ╚═════╗ ╔═══════╝
 *  0┤┘┛                       ┗━┓   └───┐      ╚═╝
 *   │                           ┗━━┓    └───┐                 ┌──
 * -1┤                              ┗━━┓     └─────────────────┘
 *   │                                 ┗━━┓
 *   │                                    ┗━━━┓
 * -2┤                                        ┗━━━━━━━━━━━━━━━━━━━
 *   │
 *   │
 * -3┤
 *   └┬─────────┬─────────┬─────────┬─────────┬─────────┬─────────▶
 *    0        10        20        30        40        50
 * ━━ 5%   ── median   ══ 95%
 */
