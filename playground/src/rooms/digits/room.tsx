/**
 * A network that is trained in the page reads what is drawn.
 */
import { Control } from "../../components/control.tsx";
import { Predict } from "../../components/predict.tsx";
import { list, text, whole } from "../../state/fields.ts";
import type { State } from "../../state/state.ts";
import { defineRoom } from "../room.ts";
import { DrawingPart } from "./drawing-part.tsx";
import { drawingPattern, pixelsOf } from "./ink.ts";
import { OwnPart } from "./own-part.tsx";
import { CrossEntropy, Probabilities, Saliency, SaliencyQuestion } from "./reading.tsx";
import "./style.css";
import { TrainingPart } from "./training-part.tsx";
import { useDigits } from "./use-digits.ts";

/** A three by hand, to begin with. */
const three = "00gggg000002g000000g9000000gg000000005g00000006g00200gg0000gggg0".padEnd(64, "0").slice(0, 64);

const fields = {
  seed: whole(1, { min: 0, max: 9999 }),
  units: whole(32, { min: 1, max: 128 }),
  epochs: whole(10, { min: 0, max: 40 }),
  drawing: text(three, { maxLength: 64, pattern: drawingPattern }),
  label: whole(3, { min: 0, max: 9 }),
  own: list<string>([], text("", { maxLength: 66, pattern: /^[0-9]\.[0-9a-g]{64}$/ }), { max: 20 }),
  ownEpochs: whole(0, { min: 0, max: 50 }),
};

/** What the parts of the room share. */
export type DigitsState = State<typeof fields>;

function View({ state }: { readonly state: DigitsState }) {
  const digits = useDigits(state);
  const reading = digits.reading.value;
  const label = state.label.value;
  return (
    <>
      <p>
        A network of two layers learns to read 1,437 handwritten digits, here in the page. Then draw one: what does it
        think, and how surprised is it by your label?
      </p>
      <TrainingPart state={state} digits={digits} />
      <div class="digits-columns">
        <DrawingPart state={state} />
        <section aria-labelledby="digits-reads">
          <h2 id="digits-reads">What it reads</h2>
          {reading ? (
            <>
              <Probabilities reading={reading.trained} label={label} name="As trained" />
              <CrossEntropy reading={reading.trained} label={label} />
            </>
          ) : (
            <p class="faint">Training…</p>
          )}
        </section>
        <section aria-labelledby="digits-pixels">
          <h2 id="digits-pixels">Which pixels that depends on</h2>
          <SaliencyQuestion />
          <Control id="saliency">
            {reading && <Saliency reading={reading.trained} pixels={pixelsOf(state.drawing.value)} />}
          </Control>
        </section>
      </div>
      <OwnPart state={state} digits={digits} />
      <Predict
        question="The network gives your digit 50%. What is its cross-entropy in nats, whatever the other nine get?"
        choices={["0.5", "0.693", "It depends on the other nine"]}
        answer={1}
      >
        <p>
          −log 0.5 = log 2 = 0.693 nats, 1 bit. With one label the cross-entropy looks at one probability alone; the
          others matter only because all ten add up to 1.
        </p>
      </Predict>
    </>
  );
}

export const room = defineRoom({
  fields,
  controls: {
    network: "The network and its training",
    drawing: "Drawing",
    label: "The label",
    saliency: "The gradient by pixel",
    own: "Training on one's own drawings",
  },
  View,
});
