/**
 * Training goes on, with the visitor's own drawings.
 */
import { Control } from "../../components/control.tsx";
import { NumberInput } from "../../components/number-input.tsx";
import { maxInk, side } from "./drawing.ts";
import { CrossEntropy, Probabilities } from "./reading.tsx";
import type { DigitsState } from "./room.tsx";
import { type Digits, ownDrawings } from "./use-digits.ts";

const most = 20;

export function OwnPart({ state, digits }: { readonly state: DigitsState; readonly digits: Digits }) {
  const { own, ownEpochs, drawing, label } = state;
  const { taught, isTeaching, reading } = digits;
  const add = () => {
    own.value = [...own.value, `${label.value}.${drawing.value}`];
    if (ownEpochs.value === 0) ownEpochs.value = 20;
  };
  const after = reading.value?.taught;
  return (
    <section aria-labelledby="digits-own">
      <h2 id="digits-own">Teach it your hand</h2>
      <p>
        Add your drawing with your label, and a second network trains on: the same one, then some epochs with your
        drawings among 96 of the digits that it knows. Give it a wrong label, and see what it forgets.
      </p>
      <Control id="own">
        <div class="buttons">
          <button type="button" class="primary" onClick={add} disabled={own.value.length >= most}>
            Add this drawing as a {label.value}
          </button>
          <NumberInput label="epochs with them" value={ownEpochs} min={0} max={50} step={1} />
        </div>
        <ul class="digits-own">
          {ownDrawings(own.value).map(({ label: said, pixels }, i) => (
            <li key={i}>
              <svg viewBox={`0 0 ${side} ${side}`} aria-hidden="true">
                {pixels.map((ink, at) => (
                  <rect
                    key={at}
                    x={at % side}
                    y={Math.floor(at / side)}
                    width={1}
                    height={1}
                    class="digits-pixel"
                    style={{ fillOpacity: ink / maxInk }}
                  />
                ))}
              </svg>
              <button
                type="button"
                class="quiet"
                aria-label={`Take drawing ${i + 1}, a ${said}, away`}
                onClick={() => {
                  own.value = own.value.filter((_, other) => other !== i);
                }}
              >
                {said} ✕
              </button>
            </li>
          ))}
        </ul>
      </Control>
      <div role="status">
        {isTeaching.value && <p>Training with your drawings…</p>}
        {taught.value && (
          <p>
            With your drawings: {(100 * taught.value.accuracy).toFixed(1)}% of the digits held out, cross-entropy{" "}
            {taught.value.loss.toFixed(3)} nats.
          </p>
        )}
      </div>
      {after && (
        <div class="digits-after" data-taught>
          <Probabilities reading={after} label={label.value} name="With your drawings" />
          <CrossEntropy reading={after} label={label.value} />
        </div>
      )}
    </section>
  );
}
