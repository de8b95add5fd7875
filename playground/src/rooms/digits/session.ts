/**
 * A network that learns to read digits, and what it makes of one: runs in a worker, and in tests.
 */
import {
  Adam,
  concat,
  crossEntropy,
  Dense,
  Generator,
  manualSeed,
  metrics,
  parseCsv,
  randint,
  Sequential,
  type Tensor,
  tensor,
  trainTestSplit,
} from "chainrule";
import { type DigitsOptions, type Drawing, maxInk, type Progress, type Reading, side } from "./drawing.ts";

/** The digits, the network, and its optimizer. */
export class DigitsSession {
  readonly #train: { readonly x: Tensor; readonly y: Tensor };
  readonly #test: { readonly x: Tensor; readonly y: Tensor };
  readonly #model: Sequential;
  readonly #options: DigitsOptions;

  constructor(csv: string, options: DigitsOptions) {
    const { features, target } = parseCsv(csv);
    const split = { testSize: 0.2, stratify: target, seed: 1 } as const;
    const [xTrain, xTest, yTrain, yTest] = trainTestSplit(features.div(maxInk), target, split);
    this.#train = { x: xTrain, y: yTrain };
    this.#test = { x: xTest, y: yTest };
    this.#options = options;
    manualSeed(options.seed);
    this.#model = new Sequential([
      new Dense({ units: options.units, inputDim: side * side, activation: "relu" }),
      new Dense(10),
    ]);
    this.#model.compile({ optimizer: new Adam({ lr: options.lr }), loss: "crossEntropy" });
  }

  /** Trains, and tells of each epoch how it does on the digits that it does not learn from. */
  async train(onEpoch: (progress: Progress) => void = () => {}): Promise<Progress> {
    let progress = this.#held(0);
    const told = {
      onEpochEnd: (epoch: number) => {
        progress = this.#held(epoch + 1);
        onEpoch(progress);
      },
    };
    const { epochs } = this.#options;
    const { x, y } = this.#train;
    await this.#model.fit(x, y, { epochs, batchSize: 32, verbose: 0, diagnose: false, callbacks: [told] });
    return progress;
  }

  #held(epoch: number): Progress {
    const scores = this.#model.predict(this.#test.x);
    return {
      epoch,
      loss: crossEntropy(scores, this.#test.y).item(),
      accuracy: metrics.accuracy(scores, this.#test.y),
    };
  }

  /** The probabilities of a drawing, its cross-entropy for a label, and which pixels that depends on. */
  read({ pixels, label }: Drawing): Reading {
    const input = tensor([pixels.map((ink) => ink / maxInk)], { requiresGrad: true });
    const logits = this.#model.call(input) as Tensor;
    const loss = crossEntropy(logits, tensor([label], { dtype: "int32" }));
    loss.backward();
    const [slopes] = (input.grad as Tensor).toArray(2);
    return {
      logits: logits.toArray(2)[0],
      probabilities: logits.softmax(1).toArray(2)[0],
      loss: loss.item(),
      gradient: slopes.map((slope) => slope / maxInk),
    };
  }

  /** So many epochs over one's own drawings, among 96 of the digits that it knows, so that it does not forget them. */
  async learn(drawings: readonly Drawing[], epochs: number): Promise<Progress> {
    if (drawings.length === 0 || epochs === 0) return this.#held(0);
    const generator = new Generator(this.#options.seed);
    const known = randint(0, this.#train.x.shape[0], [96], { generator });
    const own = tensor(drawings.map(({ pixels }) => pixels.map((ink) => ink / maxInk)));
    const labels = tensor(
      drawings.map(({ label }) => label),
      { dtype: "int32" },
    );
    const x = concat([this.#train.x.gather(known), own]);
    const y = concat([this.#train.y.gather(known).cast("int32"), labels]);
    await this.#model.fit(x, y, { epochs, batchSize: 32, verbose: 0, diagnose: false });
    return this.#held(epochs);
  }
}
