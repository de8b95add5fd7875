/**
 * A loss of one's own: written, checked, drawn, and taken to the room where it trains a network.
 */
import { useComputed } from "@preact/signals";
import { goTo } from "../../app/navigation.ts";
import { Control, isHidden, isLocked } from "../../components/control.tsx";
import { Predict } from "../../components/predict.tsx";
import { Editor } from "../../editor/editor.tsx";
import { list, number, text } from "../../state/fields.ts";
import { type State, setValues } from "../../state/state.ts";
import { defineRoom } from "../room.ts";
import { examples, type LossExample } from "./examples.ts";
import { Findings, Picture, Values } from "./findings.tsx";
import { PointsInput, TargetInput } from "./points-input.tsx";
import "./style.css";
import { type Examination, useExamination } from "./use-examination.ts";

const mostPoints = 12;
const first = examples.focal;

const fields = {
  code: text(first.code, { maxLength: 20_000 }),
  points: list(first.points, number(0, { min: -1e6, max: 1e6 }), { min: 1, max: mostPoints }),
  target: number(first.target, { min: -1e6, max: 1e6 }),
};

type LossState = State<typeof fields>;

function View({ state }: { readonly state: LossState }) {
  const examination = useExamination(state.code, state.points, state.target);
  const mark = useComputed(() => {
    const error = examination.error.value;
    return error?.line === undefined ? null : { line: error.line, message: `${error.name}: ${error.message}` };
  });
  const check = () => {
    examination.isWanted.value = true;
  };
  const example = Object.values(examples).find(({ code }) => code === state.code.value);
  return (
    <>
      <p>
        A loss is one function of predictions and targets, in tensor operations. <code>defineLoss</code> gives it the
        rest, its gradient comes from the operations, and <code>checkLoss</code> tries whether all of it is right.
      </p>
      <Control id="examples">
        <Examples state={state} />
      </Control>
      <div class="loss-columns">
        <section aria-labelledby="loss-code">
          <h2 id="loss-code">The loss</h2>
          {!isHidden("code") && (
            <Editor
              label="The loss, in TypeScript"
              value={state.code}
              isReadOnly={isLocked("code")}
              hasTypes
              mark={mark}
              onRun={check}
            />
          )}
          <div class="buttons">
            <button type="button" class="primary" onClick={check}>
              {examination.isWanted.value ? "Checked as you type" : "Check it"}
            </button>
            <Control id="train">
              <button type="button" onClick={() => void goTo("train", { loss: "own", ownLoss: state.code.value })}>
                Use it in “Train” →
              </button>
            </Control>
          </div>
          {example && <Question example={example} key={example.title} />}
          {examination.report.value && (
            <Control id="drawing">
              <h2>The loss and its derivative</h2>
              <Picture report={examination.report.value} />
            </Control>
          )}
        </section>
        <Results examination={examination} state={state} check={check} />
      </div>
    </>
  );
}

function Examples({ state }: { readonly state: LossState }) {
  return (
    <nav class="buttons" aria-label="Losses to begin with">
      {Object.entries(examples).map(([name, { title, code, points, target }]) => (
        <button
          type="button"
          key={name}
          aria-pressed={state.code.value === code}
          onClick={() => setValues(state, { code, points, target })}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}

function Question({ example }: { readonly example: LossExample }) {
  return (
    <Predict question={example.question} choices={example.choices} answer={example.answer}>
      <p>{example.because}</p>
    </Predict>
  );
}

function Results({
  examination,
  state,
  check,
}: {
  readonly examination: Examination;
  readonly state: LossState;
  check(): void;
}) {
  const { isWanted, isRunning, report, error } = examination;
  const found = report.value;
  return (
    <div
      class={isRunning.value && found ? "loss-results loss-waiting" : "loss-results"}
      data-checked={isWanted.value && !isRunning.value}
    >
      {!isWanted.value && (
        <div class="loss-nothing">
          <p>Nothing has run yet: what a link brings is shown, and runs in a sandbox once you ask for it.</p>
          <button type="button" onClick={check}>
            Check, draw, compute
          </button>
        </div>
      )}
      {isWanted.value && (
        <>
          <Control id="findings">
            <section aria-labelledby="loss-check">
              <h2 id="loss-check">What the check finds</h2>
              {isRunning.value && !found && !error.value && <p class="faint">checking…</p>}
              <Findings report={found} error={error.value} />
            </section>
          </Control>
          <section aria-labelledby="loss-table">
            <h2 id="loss-table">Values</h2>
            <Control id="points">
              <PointsInput label="Predictions" value={state.points} most={mostPoints} />
              <TargetInput value={state.target} />
            </Control>
            {found && <Values report={found} />}
          </section>
        </>
      )}
    </div>
  );
}

export const room = defineRoom({
  fields,
  controls: {
    examples: "The list of losses",
    code: "The loss",
    findings: "What the check finds",
    drawing: "The drawing",
    points: "The points of the table",
    train: "Taking it to “Train”",
  },
  View,
});
