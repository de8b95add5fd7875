/**
 * The chain rule on a graph of one's own: forward and backward, number by number.
 */
import { useMemo } from "preact/hooks";
import { goTo } from "../../app/navigation.ts";
import { Control, isHidden, isLocked } from "../../components/control.tsx";
import { Predict } from "../../components/predict.tsx";
import { defineRoom } from "../room.ts";
import { fields } from "./fields.ts";
import { Graph } from "./graph/graph.tsx";
import { type ChainState, createModel, type Model, setNumbers, takePreset } from "./model.ts";
import { Code } from "./panels/code.tsx";
import { Editor } from "./panels/editor.tsx";
import { LoopPanel, LoopPrediction } from "./panels/loop.tsx";
import { Numbers } from "./panels/numbers.tsx";
import { Quiz } from "./panels/quiz.tsx";
import { Card, Transport } from "./panels/steps.tsx";
import { presets } from "./story/presets.ts";
import "./style.css";

const modes = { steps: "Step by step", loop: "Train by hand", quiz: "Quiz", code: "As code" } as const;
type Mode = keyof typeof modes;

export const room = defineRoom({
  fields,
  controls: {
    presets: "Choosing another computation",
    program: "The expression",
    numbers: "The numbers",
    gradients: "Gradients in the graph",
    steps: "Step by step",
    loop: "Train by hand",
    quiz: "Quiz",
    code: "As code",
  },
  View: ({ state }) => <ChainRule state={state} />,
});

function ChainRule({ state }: { readonly state: ChainState }) {
  const model = useMemo(() => createModel(state), [state]);
  const preset = presets.find(({ id }) => id === state.preset.value);
  const shown = (Object.keys(modes) as Mode[]).filter((mode) => !isHidden(mode));
  const mode = shown.includes(state.mode.value) ? state.mode.value : null;
  const withGradients = !isHidden("gradients");
  return (
    <div class="chain">
      <p class="chain-lead">
        How much does the result move when I nudge one number? Every box computes one thing and knows its own small
        derivative. The chain rule multiplies them along each way back, and adds up where ways meet.
      </p>
      <Control id="presets">
        <div class="chain-presets">
          {presets.map((each) => (
            <button
              type="button"
              key={each.id}
              aria-pressed={each.id === state.preset.value}
              onClick={() => takePreset(model, each)}
            >
              {each.title}
            </button>
          ))}
        </div>
      </Control>
      <div class="chain-top">
        <div>
          <Control id="program">
            <Editor model={model} />
          </Control>
          <Control id="numbers">
            <Numbers model={model} />
          </Control>
        </div>
        {preset ? (
          <div>
            <p class="chain-idea">{preset.idea}</p>
            <Predict key={preset.id} {...preset}>
              {preset.because}
              {preset.id === "logistic" && (
                <button type="button" class="quiet" onClick={() => void goTo("cross-entropy", {})}>
                  What cross-entropy is →
                </button>
              )}
            </Predict>
          </div>
        ) : (
          <Own model={model} />
        )}
      </div>
      <nav class="chain-modes" aria-label="What to do with the graph">
        {shown.map((each) => (
          <button
            type="button"
            key={each}
            aria-pressed={each === mode}
            onClick={() => {
              state.mode.value = each;
            }}
          >
            {modes[each]}
          </button>
        ))}
      </nav>
      {mode === "steps" && (
        <Control id="steps">
          <Transport model={model} />
        </Control>
      )}
      {mode === "loop" && (
        <Control id="loop">
          <LoopPanel model={model} />
        </Control>
      )}
      <Graph
        data={model.data.value}
        seen={model.seen.value}
        roles={model.roles.value}
        withGradients={withGradients}
        canDrag={!isLocked("numbers") && !isHidden("numbers")}
        onNumber={(node, value) => setLeaf(model, node, value)}
        onPick={(node) => pick(model, node)}
      />
      {mode === "steps" && <Card model={model} withGradients={withGradients} />}
      {mode === "loop" && <LoopPrediction />}
      {mode === "quiz" && (
        <Control id="quiz">
          <Quiz model={model} />
        </Control>
      )}
      {mode === "code" && (
        <Control id="code">
          <Code model={model} />
        </Control>
      )}
      <Legend />
    </div>
  );
}

function Own({ model: { data } }: { readonly model: Model }) {
  const { nodes, result } = data.value;
  const meeting = data.value.steps.find(({ terms }) => terms.length > 1);
  return (
    <div>
      <p class="chain-idea">
        Your own computation. The last line is what is differentiated; names without a number are set below. It may have
        + − * / **, parentheses, and the functions of a Value: tanh, sigmoid, relu, exp, log, max and more.
      </p>
      <Predict
        question={`Is there a number here that ${nodes[result].name} reaches by more than one way?`}
        choices={["yes", "no"]}
        answer={meeting ? 0 : 1}
      >
        {meeting
          ? `${nodes[meeting.node].name} is used ${meeting.terms.length} times: its gradient is a sum of as many amounts.`
          : "Each number is used once, so nothing has to be added up: each gradient is one product along one way."}
      </Predict>
    </div>
  );
}

function Legend() {
  return (
    <p class="chain-legend faint">
      An arrow reads from above: ∂ is the local derivative, × what has come from above, = what is sent on; its thickness
      follows what is sent. A leaf’s number is dragged sideways, or changed with the arrow keys. A press on a box goes
      to its step.
    </p>
  );
}

function setLeaf(model: Model, node: number, value: number): void {
  const { name } = model.data.value.nodes[node];
  setNumbers(
    model,
    model.program.value.leaves.map((leaf) => (leaf.name === name ? value : undefined)),
  );
}

/** Goes to the step of a node: on the way back once that has begun. */
function pick({ state, frames, at, data }: Model, node: number): void {
  if (state.mode.value !== "steps" || isLocked("steps") || isHidden("steps")) return;
  const isLeaf = data.value.nodes[node].inputs.length === 0;
  const kind = isLeaf || frames.value[at.value].kind === "backward" ? "backward" : "forward";
  const step = frames.value.findIndex((frame) => frame.kind === kind && frame.node === node);
  if (step >= 0) state.step.value = step;
}
