/**
 * Temperature: the same logits, divided by a number before the softmax.
 */
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { NumberInput } from "../../../components/number-input.tsx";
import { Chart } from "../chart.tsx";
import { decimals } from "../format.ts";
import { inUnit, lossesByTemperature, lossOfLogits, spread, type Unit } from "../measures.ts";

const temperatures = spread(0.1, 5, 99);

export interface TemperatureProps {
  readonly temperature: Signal<number>;
  readonly logits: readonly number[];
  readonly p: readonly number[];
  readonly labels: readonly string[];
  readonly unit: Unit;
  readonly canDrag: boolean;
}

export function Temperature({ temperature, logits, p, labels, unit, canDrag }: TemperatureProps) {
  const { loss, q } = lossOfLogits(logits, p, temperature.value);
  const losses = useMemo(() => lossesByTemperature(logits, p, temperatures), [logits.join(), p.join()]);
  const points = temperatures.map((t, i) => [t, inUnit(losses[i], unit)] as const);
  const best = losses.indexOf(Math.min(...losses));
  const least = losses[best];
  const most = inUnit(Number.isFinite(least) ? Math.max(2.5, 2 * least) : 2.5, unit);
  return (
    <>
      <NumberInput label="temperature T" value={temperature} min={0.1} max={5} step={0.05} />
      <div
        class="ce-mini"
        role="img"
        aria-label={`q at T ${temperature.value}: ${labels.map((label, i) => `${label} ${decimals(q[i])}`).join(", ")}`}
      >
        {labels.map((label, i) => (
          <div key={label} data-mini={label}>
            <div class="ce-mini-track">
              <div class="ce-part q" style={{ height: `${100 * q[i]}%` }} />
              <div class="ce-mini-p" style={{ bottom: `${100 * p[i]}%` }} />
            </div>
            <output>{decimals(q[i])}</output>
            <span class="faint">{label}</span>
          </div>
        ))}
      </div>
      <Chart
        title="Cross-entropy by temperature"
        x={{ min: 0.1, max: 5, name: "T" }}
        y={{ min: 0, max: most, name: unit }}
        lines={[{ name: "H(p, q at T)", points, now: inUnit(loss, unit), className: "q" }]}
        at={temperature}
        canDrag={canDrag}
      />
      <p class="faint">
        {Number.isFinite(loss)
          ? `Least at T = ${decimals(temperatures[best], 2)}. The dashes in the bars are p. A network that was trained well and is too sure of itself is often mended by this one number.`
          : "Where q is 0 its logit is −∞, and so it is at every temperature: the loss stays infinite."}
      </p>
    </>
  );
}
