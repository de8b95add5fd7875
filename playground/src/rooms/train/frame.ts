/**
 * What is drawn of a training: the plane as the network sees it, each unit's map, weights, and counts.
 */
import { type Tensor, tensor } from "chainrule";
import type { PointData } from "./data.ts";
import { type Details, mapSize, neuronSize, type TrainingFrame } from "./protocol.ts";
import type { LayerOutputs, Training } from "./training.ts";

/** The middles of the cells of the map, row by row from the top: [mapSize², 2]. */
export function gridOf([left, right, bottom, top]: PointData["bounds"]): Tensor {
  const at = new Float32Array(mapSize * mapSize * 2);
  for (let row = 0; row < mapSize; row++)
    for (let column = 0; column < mapSize; column++) {
      const i = 2 * (row * mapSize + column);
      at[i] = left + ((column + 0.5) / mapSize) * (right - left);
      at[i + 1] = top - ((row + 0.5) / mapSize) * (top - bottom);
    }
  return tensor(at, { shape: [mapSize * mapSize, 2] });
}

/** What there is of the training now. */
export function frameOf(training: Training, grid: Tensor, known: number, withDetails: boolean): TrainingFrame {
  const outputs = training.outputs(grid);
  const hidden = outputs.slice(0, -1);
  const shares = training.shares(outputs.at(-1)!);
  const { neurons, scales } = neuronMaps(hidden);
  return {
    lossOfStep: training.lossOfStep,
    train: training.score(training.train),
    test: training.test && training.score(training.test),
    curve: training.curve.from(known),
    map: shares,
    neurons,
    scales,
    weights: training.weights() as Float32Array<ArrayBuffer>,
    details: withDetails ? detailsOf(training) : null,
  };
}

function detailsOf(training: Training): Details {
  return {
    dead: deadUnits(training.outputs(training.train.x).slice(0, -1)),
    changes: training.changes,
    confusion: training.confusion(training.train),
    testConfusion: training.test && training.confusion(training.test),
  };
}

/** The buffers of a frame, which are handed over and not copied. */
export function buffersOf(frame: TrainingFrame): ArrayBuffer[] {
  return Object.values(frame).flatMap((part: unknown) =>
    ArrayBuffer.isView(part) ? [part.buffer as ArrayBuffer] : [],
  );
}

/** Every second cell of every second row, each unit by its own largest number. */
function neuronMaps(hidden: LayerOutputs) {
  const cells = neuronSize * neuronSize;
  const count = hidden.reduce((sum, { units }) => sum + units, 0);
  const neurons = new Int8Array(count * cells);
  const scales = new Float32Array(count);
  const every = mapSize / neuronSize;
  let unit = 0;
  for (const { units, values } of hidden)
    for (let u = 0; u < units; u++, unit++) {
      let largest = 0;
      for (let i = u; i < values.length; i += units) largest = Math.max(largest, Math.abs(values[i]));
      scales[unit] = largest;
      if (!(largest > 0)) continue;
      for (let row = 0; row < neuronSize; row++)
        for (let column = 0; column < neuronSize; column++) {
          const cell = every * (row * mapSize + column);
          neurons[unit * cells + row * neuronSize + column] = Math.round((127 * values[cell * units + u]) / largest);
        }
    }
  return { neurons, scales };
}

/** Differences below this are rounding. */
const same = 1e-6;

/** Which units give the same for all points: nothing comes through them. */
function deadUnits(hidden: LayerOutputs): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    hidden.flatMap(({ units, values }) =>
      Array.from({ length: units }, (_, u) => {
        let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        for (let i = u; i < values.length; i += units) {
          low = Math.min(low, values[i]);
          high = Math.max(high, values[i]);
        }
        return high - low <= same * Math.max(1, Math.abs(high)) ? 1 : 0;
      }),
    ),
  );
}
