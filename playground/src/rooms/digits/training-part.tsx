/**
 * The network, and how far its training is.
 */
import { Control } from "../../components/control.tsx";
import { NumberInput } from "../../components/number-input.tsx";
import type { DigitsState } from "./room.tsx";
import type { Digits } from "./use-digits.ts";

export function TrainingPart({ state, digits }: { readonly state: DigitsState; readonly digits: Digits }) {
  const { progress, isTrained, problem } = digits;
  const last = progress.value.at(-1);
  return (
    <section aria-labelledby="digits-network">
      <h2 id="digits-network">The network</h2>
      <Control id="network">
        <div class="digits-options">
          <NumberInput label="hidden units" value={state.units} min={1} max={128} step={1} />
          <NumberInput label="epochs" value={state.epochs} min={0} max={40} step={1} />
          <NumberInput label="seed" value={state.seed} min={0} max={9999} step={1} />
        </div>
      </Control>
      <p class="digits-progress" role="status" data-trained={isTrained.value}>
        {problem.value ||
          (last
            ? `After ${last.epoch} epochs: ${(100 * last.accuracy).toFixed(1)}% of the 360 digits that were held out are read right, cross-entropy ${last.loss.toFixed(3)} nats.`
            : "Training…")}
      </p>
      {progress.value.length > 1 && <Curve losses={progress.value.map(({ loss }) => loss)} />}
    </section>
  );
}

/** The held-out loss by epoch, in one line. */
function Curve({ losses }: { readonly losses: readonly number[] }) {
  const top = Math.max(...losses, 0.5);
  const at = (loss: number, i: number) =>
    `${((i / Math.max(1, losses.length - 1)) * 300).toFixed(1)},${(58 - (loss / top) * 54).toFixed(1)}`;
  return (
    <svg
      class="digits-curve"
      viewBox="0 0 300 60"
      role="img"
      aria-label={`Cross-entropy of the digits held out, by epoch, from ${losses[0].toFixed(2)} to ${losses.at(-1)?.toFixed(2)} nats`}
    >
      <polyline points={losses.map(at).join(" ")} />
    </svg>
  );
}
