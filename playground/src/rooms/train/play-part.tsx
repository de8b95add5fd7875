/**
 * Play, steps, and how far it is.
 */
import { useEffect } from "preact/hooks";
import { Select } from "../../components/select.tsx";
import type { State } from "../../state/state.ts";
import { short, whole } from "./numbers.ts";
import type { Session } from "./session.ts";
import { type fields, speeds } from "./settings.ts";

export function PlayPart({ state, session }: { readonly state: State<typeof fields>; readonly session: Session }) {
  const shown = session.slow.value;
  const step = shown?.step ?? 0;
  const isPlaying = session.isPlaying.value;
  const isReady = session.begun.value !== null;
  // The link says where it stands once it stands.
  useEffect(() => {
    if (!isPlaying && shown) state.step.value = Math.min(shown.step, 100_000);
  }, [isPlaying, shown]);
  const speed = state.speed.value === "max" ? Number.POSITIVE_INFINITY : Number(state.speed.value);
  const rates = session.rates.value;
  const first = shown?.trainings[0];
  return (
    <div class="train-play">
      <button
        type="button"
        class="primary train-start"
        disabled={!isReady}
        onClick={() => (isPlaying ? session.pause() : session.play(speed))}
      >
        {isPlaying ? "❚❚ Pause" : "▶ Play"}
      </button>
      <button type="button" disabled={!isReady || step === 0} onClick={() => session.to(0)}>
        To 0
      </button>
      <button type="button" disabled={!isReady || step === 0} onClick={() => session.to(step - 1)}>
        ◂ Step back
      </button>
      <button type="button" disabled={!isReady} onClick={() => session.step(1)}>
        Step ▸
      </button>
      <p class="train-count">
        step{" "}
        <output class="train-figure" id="train-step">
          {shown ? whole(step) : "–"}
        </output>
      </p>
      <p class="train-count">
        loss of the step{" "}
        <output class="train-figure" id="train-loss" data-value={first?.lossOfStep}>
          {first ? short(first.lossOfStep) : "–"}
        </output>
      </p>
      <form
        class="train-goto"
        onSubmit={(event) => {
          event.preventDefault();
          const input = event.currentTarget.elements.namedItem("goto") as HTMLInputElement;
          if (Number.isInteger(input.valueAsNumber) && input.valueAsNumber >= 0) session.to(input.valueAsNumber);
        }}
      >
        <label>
          To step <input type="number" name="goto" min={0} max={100_000} step={1} />
        </label>
        <button type="submit" disabled={!isReady}>
          Go
        </button>
      </form>
      <Select
        label="Speed"
        value={state.speed}
        options={speeds}
        onChange={(name) => {
          if (isPlaying) session.play(name === "max" ? Number.POSITIVE_INFINITY : Number(name));
        }}
      />
      <p class="faint train-rates">
        {isPlaying && rates.steps > 0 ? `${whole(rates.steps)} steps, ${Math.round(rates.frames)} frames a second` : ""}
      </p>
    </div>
  );
}
