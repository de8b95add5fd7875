/**
 * Whether a batch can be learned by heart, and whether its labels have anything to do with it: trained on the batch, and
 * undone.
 */
import { jit } from "@chainrule/compiler";
import { Generator, isFloat, type Tensor } from "@chainrule/core";
import { Adam } from "../../optimizers/index.ts";
import type { DiagnosisContext } from "../program/context.ts";
import type { Rule } from "../program/rule.ts";
import { type LossReference, referencesOf } from "./reference.ts";
import { columnsOf, deviation, mean, percent, rowsAreEqual, short } from "./statistics.ts";

/** Fewer samples tell too little of whether labels and inputs belong together. */
const fewestSamples = 32;
/** More are not compared with each other: it takes the square of it. */
const mostNeighbours = 400;
const neighbours = 5;
/** How often labels are dealt out anew, to see what agreement there is by chance. */
const deals = 200;
/** How many standard errors the agreement of neighbours is to be from chance, in either direction, to count. */
const beyondChance = 2.5;
/** With fewer samples for each feature a model can learn by heart whatever the labels, and no test can tell them apart. */
const samplesPerFeature = 4;
/** As many samples at least are to have another label than the most frequent one, or there is little to learn. */
const fewestOthers = 32;
/** How long the batch is trained on, at which rate for Adam, and how often with labels that were dealt out anew. */
const steps = 100;
const rate = 0.02;
const shuffles = 3;
/** How many deviations of those a training must be faster, to have learned what the labels have to do with the inputs. */
const faster = 2.5;
/** A batch is learned where half of what can be learned is. */
const learned = 0.5;

interface Trial {
  readonly reference: LossReference;
  /** What is left of what could be learned, after training on the batch: 0 is all learned. */
  readonly left: number;
  /** Whether it learns the labels faster than others. */
  readonly isFaster: boolean;
  /** By how many standard errors neighbours agree more (or less) than by chance. */
  readonly agreement: number;
  readonly duplicates: number;
}

const key = {};

function trialOf(context: DiagnosisContext): Trial | null {
  return context.once(key, () => {
    const { program } = context;
    const [reference, ...more] = referencesOf(context);
    const [x] = program.inputs;
    const [y] = program.targets;
    if (
      program.where === "fit" ||
      !reference ||
      more.length > 0 ||
      program.inputs.length !== 1 ||
      program.targets.length !== 1
    )
      return null;
    const rows = x.shape[0] ?? 0;
    if (
      !isFloat(x.dtype) ||
      rows < fewestSamples ||
      (y.shape[0] ?? 0) !== rows ||
      y.size / rows > 1 ||
      rowsAreEqual(y) ||
      rowsAreEqual(x)
    )
      return null;
    const room = reference.constant - reference.floor;
    if (!(room > 0)) return null;
    if (rows < (samplesPerFeature * x.size) / rows) return null;
    if (reference.classes !== null && rows - mostFrequent(y) < fewestOthers) return null;
    const { agreement, duplicates } = agreementOf(x, y, reference.classes !== null);
    const isTold = Math.abs(agreement) > beyondChance;
    const found = (left: number, isFaster: boolean) => ({ reference, left, isFaster, agreement, duplicates });
    const share = (loss: number) => (loss - reference.floor) / room;
    return trainedOnBatch(context, reference, (train) => {
      // Where near samples have like labels, all is well as soon as the model learns.
      if (isTold || program.computeWith === null) {
        const left = train(null, (loss) => share(loss) < learned).map(share);
        if (program.computeWith === null || Math.min(...left) < learned) return found(Math.min(...left), true);
      }
      const own = train(program.targets).map(share);
      const generator = new Generator(1);
      const others = Array.from({ length: shuffles }, () =>
        mean(train(program.targets.map((target) => dealt(target, generator))).map(share)),
      );
      const spread = Math.max(deviation(others) * Math.sqrt(shuffles / (shuffles - 1)), 0.01 * mean(others));
      return found(Math.min(...own), mean(own) < mean(others) - faster * spread);
    });
  });
}

/** Trains on the batch from the present weights on; the losses of its steps. */
type Train = (targets: readonly Tensor[] | null, isEnough?: (loss: number) => boolean) => number[];

/**
 * Runs `f`, which may train on the batch several times: uncompiled with the program's own targets (null), which is quick
 * where a few steps will do, or compiled with any. It is all undone.
 */
function trainedOnBatch<T>(context: DiagnosisContext, reference: LossReference, f: (train: Train) => T): T {
  const { program } = context;
  return context.trial(() => {
    const parameters = [...context.parameters.values()];
    const initial = parameters.map((parameter) => parameter.detach());
    // A regression has as far to go as its targets are large.
    const size = reference.classes === null ? Math.max(1, deviation(reference.target.storage)) : 1;
    const optimizer = new Adam(parameters, { lr: rate * size });
    const start = optimizer.stateDict();
    const update = (loss: Tensor) => {
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.detach();
    };
    const compiled = jit((...targets: Tensor[]) => update(program.computeWith!(targets)));
    return f((targets, isEnough = () => false) => {
      parameters.forEach((parameter, i) => {
        parameter.assign(initial[i]);
      });
      optimizer.loadStateDict(start);
      const losses: number[] = [];
      for (let i = 0; i < steps; i++) {
        const loss = (targets === null ? update(program.compute()) : compiled(...targets)).item();
        losses.push(loss);
        if (!Number.isFinite(loss) || isEnough(loss)) break;
      }
      return losses;
    });
  });
}

export const shuffledLabels: Rule = {
  name: "shuffled-labels",
  explanation:
    "Targets that belong to other samples can be learned by heart at most: nothing that is learned of them holds for a new sample.",
  kind: "numbers",
  *check(context) {
    const trial = trialOf(context);
    if (!trial || trial.isFaster || Math.abs(trial.agreement) > beyondChance) return;
    yield {
      evidence: `Trained on this batch alone, the model learns its labels no faster than labels that are dealt out by lot (${percent(1 - Math.min(1, trial.left))} of what can be learned in ${steps} steps), and samples that lie close together have the same label no more often than by chance.`,
      fix: "Look at where x and y are put into another order: shuffle both by the same indices, x.gather(order) and y.gather(order), and read both from the same file in the same order.",
    };
  },
};

export const cannotOverfit: Rule = {
  name: "cannot-overfit",
  explanation:
    "A model that cannot learn one batch by heart will not learn all data: it is too small, badly wired, or the batch contradicts itself (Karpathy, A Recipe for Training Neural Networks).",
  kind: "numbers",
  *check(context) {
    const trial = trialOf(context);
    if (!trial || trial.isFaster || trial.left < learned || Math.abs(trial.agreement) <= beyondChance) return;
    const { reference, left, duplicates } = trial;
    yield {
      evidence: `After ${steps} steps of Adam on this batch alone, ${percent(Math.min(1, left))} of the loss of always saying the same (${short(reference.constant)}) is left${duplicates > 0 ? `; ${duplicates} samples are there again with another target` : ""}.`,
      fix:
        duplicates > 0
          ? "Look at how x and y are put together: the same sample must have the same target."
          : "Look at the model before the data: more units, a hidden layer with a relu, no detach() on the way; then try again on ten samples.",
    };
  },
};

/** How many samples have the most frequent label. */
function mostFrequent({ storage }: Tensor): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < storage.length; i++) counts.set(storage[i], (counts.get(storage[i]) ?? 0) + 1);
  return Math.max(...counts.values());
}

function dealt(y: Tensor, generator: Generator): Tensor {
  const order = generator.shuffle(Array.from({ length: y.shape[0] }, (_, i) => i));
  return y.gather(order);
}

/**
 * How far the agreement of near samples is from chance: labels that are the same, or targets that are close, among the
 * nearest neighbours, in standard deviations over labels that are dealt out anew. Parities agree less than by chance.
 */
function agreementOf(x: Tensor, y: Tensor, areClasses: boolean): { agreement: number; duplicates: number } {
  const rows = Math.min(x.shape[0], mostNeighbours);
  const columns = columnsOf(x).map((column) => {
    const [centre, spread] = [mean(column), deviation(column)];
    return spread > 0 ? column.map((value) => (value - centre) / spread) : null;
  });
  const used = columns.filter((column) => column !== null);
  const near = Array.from({ length: rows }, (_, i) => nearest(used, i, rows));
  const label = Float64Array.from(y.storage.slice(0, rows));
  const statistic = (labels: ArrayLike<number>) => {
    let sum = 0;
    near.forEach((others, i) => {
      for (const { j } of others)
        sum += areClasses ? Number(labels[i] === labels[j]) : -Math.abs(labels[i] - labels[j]);
    });
    return sum;
  };
  const generator = new Generator(2);
  const byChance = Array.from({ length: deals }, () => statistic(generator.shuffle([...label])));
  const spread = deviation(byChance);
  const duplicates = near.filter((others, i) =>
    others.some(({ j, distance }) => distance === 0 && label[j] !== label[i]),
  ).length;
  return { agreement: spread > 0 ? (statistic(label) - mean(byChance)) / spread : 0, duplicates };
}

function nearest(columns: readonly Float64Array[], i: number, rows: number): { j: number; distance: number }[] {
  const best: { j: number; distance: number }[] = [];
  for (let j = 0; j < rows; j++) {
    if (j === i) continue;
    let distance = 0;
    for (const column of columns) distance += (column[i] - column[j]) ** 2;
    if (best.length < neighbours || distance < best[best.length - 1].distance) {
      best.push({ j, distance });
      best.sort((a, b) => a.distance - b.distance);
      if (best.length > neighbours) best.pop();
    }
  }
  return best;
}
