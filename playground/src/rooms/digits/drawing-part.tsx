/**
 * The drawing, and what it is said to be.
 */
import { Control, isLocked } from "../../components/control.tsx";
import { countInk, drawingText, fitToFrame, pixelsOf, spread } from "./ink.ts";
import { Pad } from "./pad.tsx";
import type { DigitsState } from "./room.tsx";

const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export function DrawingPart({ state }: { readonly state: DigitsState }) {
  const pixels = pixelsOf(state.drawing.value);
  const set = (drawn: readonly number[]) => {
    state.drawing.value = drawingText(drawn);
  };
  return (
    <section aria-labelledby="digits-draw">
      <h2 id="digits-draw">Draw a digit</h2>
      <Control id="drawing">
        <Pad pixels={pixels} isLocked={isLocked("drawing")} onDraw={set} />
        <div class="buttons">
          <button type="button" onClick={() => set(pixels.map(() => 0))}>
            Clear
          </button>
          <button type="button" onClick={() => set(countInk(fitToFrame(spread(pixels))))}>
            Fit to the frame
          </button>
        </div>
        <p class="faint">The digits that it has learnt fill the frame from top to bottom.</p>
      </Control>
      <Control id="label">
        <fieldset class="digits-labels">
          <legend>You say it is</legend>
          {digits.map((digit) => (
            <button
              type="button"
              key={digit}
              aria-pressed={state.label.value === digit}
              onClick={() => {
                state.label.value = digit;
              }}
            >
              {digit}
            </button>
          ))}
        </fieldset>
      </Control>
    </section>
  );
}
