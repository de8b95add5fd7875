/**
 * Whether probabilities are what happens, in SVG: a reliability diagram, and how many samples each of its points has.
 */
import { fillClass, lineEntry, lineStyle, type PlotArea, xPixel } from "../drawing/plot-area.ts";
import { element, text } from "../drawing/svg.ts";
import { formatNumber } from "../drawing/ticks.ts";
import {
  byName,
  checkShareOptions,
  placeOf,
  reference,
  type ShareChartOptions,
  shareAxis,
  shareChartSvg,
} from "./unit-square.ts";

/** Samples that were predicted with about the same probability, as `metrics.calibrationCurve` gives them. */
export interface ReliabilityBin {
  /** From which probability to which. */
  readonly from: number;
  readonly to: number;
  /** How many samples, or what they weigh. */
  readonly weight: number;
  /** The mean of their probabilities. */
  readonly predicted: number;
  /** The share of them that came true. */
  readonly observed: number;
}

function isBins(x: unknown): x is readonly ReliabilityBin[] {
  const names = ["from", "to", "predicted", "observed"] as const;
  const isBin = (bin: unknown) => {
    if (bin === null || typeof bin !== "object") return false;
    const numbers = bin as Record<string, unknown>;
    const { weight } = numbers;
    const isShare = (value: unknown) => typeof value === "number" && value >= -1e-9 && value <= 1 + 1e-9;
    return (
      typeof weight === "number" &&
      weight >= 0 &&
      Number.isFinite(weight) &&
      names.every((name) => isShare(numbers[name]))
    );
  };
  return Array.isArray(x) && x.length > 0 && Array.from(x).every(isBin);
}

const barsHeight = 60;

/**
 * Draws a reliability diagram as SVG: for each bin of probabilities what came true of what was predicted, and below how
 * many samples there were. Points below the dashed line are too sure, those above not sure enough. The legend has the
 * expected calibration error: the mean distance from the line, Σ_b (n_b / n) |observed_b - predicted_b|.
 *
 * @param bins what `metrics.calibrationCurve` returns, or several of these by name.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what is no list of bins.
 *
 * @example
 * const bins = metrics.calibrationCurve([0.1, 0.3, 0.7, 0.9], [0, 1, 1, 1], { bins: 5 });
 * await writeFile("reliability.svg", reliabilitySvg({ model: bins }));
 */
export function reliabilitySvg(
  bins: readonly ReliabilityBin[] | Readonly<Record<string, readonly ReliabilityBin[]>>,
  options: ShareChartOptions = {},
): string {
  const where = "reliabilitySvg";
  checkShareOptions(where, options);
  const expected = "bins, [{ from, to, weight, predicted, observed }]";
  const drawn = byName(where, bins, isBins, expected).map(([name, list]) => ({
    name: [name, `calibration error ${formatNumber(calibrationError(list), 3)}`].filter(Boolean).join(", "),
    bins: [...list].sort((a, b) => a.predicted - b.predicted),
  }));
  return shareChartSvg(
    {
      title: "Reliability",
      xLabel: "predicted probability",
      yLabel: "share that came true",
      legend: drawn.map(({ name }, i) => lineEntry(name, i)),
      description: `${drawn.map(({ name, bins }) => `${name}, in ${bins.length} bins`).join("; ")}.`,
      below: barsHeight + 40,
      draw: (frame) => [
        reference(frame, [0, 0], [1, 1]),
        ...drawn.flatMap(({ bins }, i) => drawBins(bins, i, frame)),
        ...drawBars(
          drawn.map(({ bins }) => bins),
          { ...frame, top: frame.bottom + 56, bottom: frame.bottom + 56 + barsHeight },
        ),
      ],
    },
    options,
  );
}

function calibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { weight }) => sum + weight, 0);
  return bins.reduce((sum, bin) => sum + (bin.weight / total) * Math.abs(bin.observed - bin.predicted), 0);
}

function drawBins(bins: readonly ReliabilityBin[], index: number, frame: PlotArea): string[] {
  const places = bins.map(({ predicted, observed }) => placeOf(frame, predicted, observed));
  return [
    element("polyline", { ...lineStyle(index), points: places.join(" ") }),
    ...places.map((place) => {
      const [cx, cy] = place.split(",");
      return element("circle", { class: fillClass(index), cx, cy, r: 3.5 });
    }),
  ];
}

/** How many samples each bin has, as bars side by side where there are several models. */
function drawBars(models: readonly (readonly ReliabilityBin[])[], frame: PlotArea): string[] {
  const { left, right, top, bottom } = frame;
  const shares = models.map((bins) => {
    const total = bins.reduce((sum, { weight }) => sum + weight, 0);
    return bins.map((bin) => ({ bin, share: total > 0 ? bin.weight / total : 0 }));
  });
  const most = Math.max(...shares.flat().map(({ share }) => share)) || 1;
  const bars = shares.flatMap((bins, i) =>
    bins.map(({ bin, share }) => {
      const [start, end] = [bin.from, bin.to].map((x) => xPixel(frame, shareAxis, x));
      const width = (end - start) / models.length;
      const height = ((bottom - top) * share) / most;
      const box = { x: start + i * width + 0.5, y: bottom - height, width: Math.max(0.5, width - 1), height };
      return element("rect", { class: fillClass(i), "fill-opacity": 0.75, ...box });
    }),
  );
  return [
    text(left - 8, top + 8, `${formatNumber(100 * most, 2)}%`, { "text-anchor": "end" }),
    text(left - 8, bottom, "0%", { "text-anchor": "end" }),
    ...bars,
    element("line", { class: "axis", x1: left, y1: bottom, x2: right, y2: bottom }),
    text((left + right) / 2, bottom + 18, "share of the samples in each bin", { "text-anchor": "middle" }),
  ];
}
