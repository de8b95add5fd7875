/**
 * The worker's side of the protocol: it trains in slices, so that it hears what the page asks between them.
 */
import { ChainRuleError, type Loss, type Tensor } from "chainrule";
import { makeData } from "./data.ts";
import { buffersOf, frameOf, gridOf } from "./frame.ts";
import type { Points, Reply, Request } from "./protocol.ts";
import { own } from "./settings.ts";
import { Training } from "./training.ts";

/** The longest time for which it does not listen, in milliseconds. */
const slice = 5;

const noPyTorch = `# A loss of your own runs apart from the page, where programs in PyTorch are not written.
# exportPyTorch of the library writes one: docs/to-onnx-pytorch-and-jax.md.
`;

/** What the host is given by whoever runs it. */
export interface Surroundings {
  post(reply: Reply, transfer: ArrayBuffer[]): void;
  /** Calls back once messages that wait have been heard. */
  soon(f: () => void): void;
  now(): number;
  /** The learner's loss; only in the sandbox. */
  ownLoss?: Loss;
  /** Writes the training as a program in PyTorch; not in the sandbox. */
  pytorch?: (training: Training, steps: number) => string;
}

/** Trains as the page asks. */
export class TrainingHost {
  readonly #around: Surroundings;
  #run = 0;
  #trainings: Training[] = [];
  #grid: Tensor | null = null;
  #speed = 0;
  #isScheduled = false;
  #playedFrom = { time: 0, step: 0 };
  /** When it last counted steps, for the speed that it says. */
  #counted = { time: 0, step: 0, perSecond: 0 };

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Hears a message; what goes wrong is answered as a problem. */
  hear(request: Request): void {
    if (request.type === "start") this.#run = request.run;
    try {
      this.#do(request);
    } catch (error) {
      this.#speed = 0;
      this.#post({ type: "problem", message: messageOf(error) });
    }
  }

  #do(request: Request): void {
    const [first] = this.#trainings;
    if (request.type === "start") this.#start(request);
    else if (!first) return;
    else if (request.type === "play") this.#play(request.speed);
    else if (request.type === "pause") this.#speed = 0;
    else if (request.type === "step") this.#stepAll(request.count);
    else if (request.type === "to") for (const training of this.#trainings) training.to(request.step);
    else if (request.type === "frame") this.#frame(request.known, request.details);
    else if (request.type === "diagnose") this.#diagnose(first);
    else this.#post({ type: "pytorch", text: this.#around.pytorch?.(first, request.steps) ?? noPyTorch });
  }

  #play(speed: number): void {
    this.#speed = speed;
    this.#playedFrom = { time: this.#around.now(), step: this.#trainings[0].at };
    this.#counted = { ...this.#playedFrom, perSecond: 0 };
    this.#schedule();
  }

  #post(
    reply: Reply extends infer R ? (R extends Reply ? Omit<R, "run"> : never) : never,
    transfer: ArrayBuffer[] = [],
  ): void {
    this.#around.post({ ...reply, run: this.#run } as Reply, transfer);
  }

  #start({ settings, other, step }: Request & { type: "start" }): void {
    this.#speed = 0;
    this.#trainings = [];
    const data = makeData(settings);
    this.#grid = gridOf(data.bounds);
    const { ownLoss } = this.#around;
    const make = (each: typeof settings) => new Training(each, data, each.loss === own ? ownLoss : undefined);
    const trainings = [make(settings), ...(other ? [make({ ...settings, ...other })] : [])];
    for (const training of trainings) if (step > 0) training.step(step);
    this.#trainings = trainings;
    const numbers = (part: { toTypedArray(): unknown } | undefined) => [
      ...((part?.toTypedArray() ?? []) as Float32Array),
    ];
    const points: Points = {
      at: Float32Array.from([...numbers(data.x), ...numbers(data.test?.x)]),
      labels: Int32Array.from([...numbers(data.labels), ...numbers(data.test?.labels)]),
      trained: data.x.shape[0],
      classes: data.classes,
      classNames: data.classNames,
      axisNames: data.axisNames,
      bounds: data.bounds,
    };
    const networks = trainings.map((training) => ({
      units: training.dense.map(({ units }) => units),
      names: training.dense.map(({ name }) => name),
      floor: training.floor(),
      lossName: training.loss.lossName,
      head: training.head,
    }));
    this.#post({ type: "begun", points, networks });
  }

  #stepAll(count: number): void {
    for (const training of this.#trainings) training.step(count);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#speed === 0) return;
    this.#isScheduled = true;
    this.#around.soon(() => {
      this.#isScheduled = false;
      try {
        this.#playOn();
      } catch (error) {
        this.#speed = 0;
        this.#post({ type: "problem", message: messageOf(error) });
      }
    });
  }

  /** A slice of time, or as many steps as are due. */
  #playOn(): void {
    if (this.#speed === 0) return;
    const begun = this.#around.now();
    const [first] = this.#trainings;
    const due = () =>
      Math.floor(this.#playedFrom.step + ((this.#around.now() - this.#playedFrom.time) * this.#speed) / 1000) -
      first.at;
    // One at a time at first: how long a step takes is not known.
    let count = 1;
    while (this.#around.now() - begun < slice && (this.#speed === Number.POSITIVE_INFINITY || due() > 0)) {
      const before = this.#around.now();
      this.#stepAll(Math.max(1, Math.min(count, due())));
      const took = this.#around.now() - before;
      count = Math.max(
        1,
        Math.min(2 * count, Math.floor(((slice - (this.#around.now() - begun)) / (took || 0.01)) * count)),
      );
    }
    this.#count(first.at);
    this.#schedule();
  }

  #count(step: number): void {
    const time = this.#around.now();
    const elapsed = time - this.#counted.time;
    if (elapsed < 500) return;
    this.#counted = { time, step, perSecond: ((step - this.#counted.step) * 1000) / elapsed };
  }

  #frame(known: readonly number[], details: boolean): void {
    const frames = this.#trainings.map((training, i) => frameOf(training, this.#grid!, known[i] ?? 0, details));
    const [first] = this.#trainings;
    this.#post(
      {
        type: "frame",
        step: first.at,
        earliest: first.earliest,
        isPlaying: this.#speed > 0,
        stepsPerSecond: this.#speed > 0 ? this.#counted.perSecond : 0,
        trainings: frames,
      },
      frames.flatMap(buffersOf),
    );
  }

  #diagnose(training: Training): void {
    const findings = [...training.diagnose()].map(({ rule, layer, evidence, explanation, fix }) => ({
      rule,
      layer,
      evidence,
      explanation,
      fix,
    }));
    this.#post({ type: "diagnosis", step: training.at, findings });
  }
}

/** An error in words: the library's own say what was expected, what came, and what to try. */
export function messageOf(error: unknown): string {
  if (error instanceof ChainRuleError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
