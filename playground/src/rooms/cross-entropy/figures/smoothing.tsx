/**
 * Label smoothing: a loss with a floor, and where it lies.
 */
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { NumberInput } from "../../../components/number-input.tsx";
import { Chart } from "../chart.tsx";
import { decimals } from "../format.ts";
import { inUnit, smoothedFloor, smoothedLosses, spread, type Unit } from "../measures.ts";

const margins = spread(-2, 12, 141);

export interface SmoothingProps {
  readonly smoothing: Signal<number>;
  readonly margin: Signal<number>;
  readonly unit: Unit;
  readonly canDrag: boolean;
}

export function Smoothing({ smoothing, margin, unit, canDrag }: SmoothingProps) {
  const epsilon = smoothing.value;
  const line = (name: string, at: number, className: string) => {
    const [now, ...losses] = smoothedLosses([margin.value, ...margins], at);
    return {
      name,
      className,
      now: inUnit(now, unit),
      points: margins.map((m, i) => [m, inUnit(losses[i], unit)] as const),
    };
  };
  const plain = useMemo(() => line("without smoothing", 0, "p"), [margin.value, unit]);
  const smoothed = useMemo(() => line(`with ε = ${decimals(epsilon, 2)}`, epsilon, "q"), [margin.value, epsilon, unit]);
  const floor = smoothedFloor(epsilon);
  const least = inUnit(floor.loss, unit);
  return (
    <>
      <NumberInput label="smoothing ε" value={smoothing} min={0} max={0.9} step={0.01} />
      <NumberInput label="margin of the right logit" value={margin} min={-2} max={12} step={0.1} />
      <Chart
        title="Loss by the margin of the right logit"
        x={{ min: -2, max: 12, name: "margin" }}
        y={{ min: 0, max: inUnit(3.5, unit), name: unit }}
        lines={[plain, smoothed]}
        at={margin}
        canDrag={canDrag}
        level={{ y: least, name: `floor ${decimals(least)}` }}
      />
      <p class="faint" data-measure="floor">
        {epsilon === 0
          ? "Without smoothing the floor is 0, and is reached nowhere: the logits run away for ever."
          : `The floor is ${decimals(least)} ${unit}, the entropy of the smoothed target; it is reached at a margin of ${decimals(floor.margin, 2)}.`}
      </p>
    </>
  );
}
