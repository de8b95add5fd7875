/**
 * Any program that imports chainrule: written, run and shared in the page.
 */
import { type Signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Control, isHidden, isLocked } from "../../components/control.tsx";
import { Predict } from "../../components/predict.tsx";
import { Editor } from "../../editor/editor.tsx";
import { choice, text } from "../../state/fields.ts";
import type { State } from "../../state/state.ts";
import { defineRoom } from "../room.ts";
import { Console } from "./console.tsx";
import { examples } from "./examples.ts";
import "./style.css";
import firstProgram from "./two-moons.txt?raw";
import { createRun } from "./use-run.ts";

const times = { "10": "10 s", "30": "30 s", "120": "2 min", "600": "10 min" } as const;

const fields = {
  code: text(firstProgram, { maxLength: 60_000 }),
  seconds: choice("30", Object.keys(times) as (keyof typeof times)[]),
};

function View({ state }: { readonly state: State<typeof fields> }) {
  const run = useMemo(createRun, []);
  useEffect(() => () => run.stop(), [run]);
  const mark = useComputed(() => {
    const error = run.error.value;
    return error?.line === undefined ? null : { line: error.line, message: `${error.name}: ${error.message}` };
  });
  const isLoading = useSignal(false);
  const begin = () => {
    // What was chosen is about to come.
    if (!isLoading.value) run.start(state.code.value, Number(state.seconds.value));
  };
  const isRunning = run.phase.value === "starting" || run.phase.value === "running";
  return (
    <>
      <p>
        A script as it would run in Node, with the library that scripts import: change it and run it. It runs in a
        sandbox of this page; a program in a link is shown, and runs only when you press Run.
      </p>
      <div class="program-columns">
        <div>
          <div class="program-bar">
            <h2>Program</h2>
            <Control id="examples">
              <Examples code={state.code} isLoading={isLoading} />
            </Control>
          </div>
          {!isHidden("code") && (
            <Editor
              label="The program, in TypeScript"
              value={state.code}
              isReadOnly={isLocked("code")}
              hasTypes
              mark={mark}
              onRun={begin}
            />
          )}
          <div class="buttons">
            <button type="button" class="primary" onClick={begin} disabled={isLoading.value}>
              ▶ Run
            </button>
            <button type="button" onClick={run.stop} disabled={!isRunning}>
              ■ Stop
            </button>
            <Control id="time">
              <label class="program-time">
                for at most{" "}
                <select
                  value={state.seconds.value}
                  onChange={(event) => {
                    state.seconds.value = event.currentTarget.value as keyof typeof times;
                  }}
                >
                  {Object.entries(times).map(([value, shown]) => (
                    <option key={value} value={value}>
                      {shown}
                    </option>
                  ))}
                </select>
              </label>
            </Control>
          </div>
        </div>
        <Console run={run} />
      </div>
      <Predictions />
    </>
  );
}

interface ExamplesProps {
  readonly code: State<typeof fields>["code"];
  /** Whether one was chosen that is not there yet. */
  readonly isLoading: Signal<boolean>;
}

function Examples({ code, isLoading }: ExamplesProps) {
  const chosen = useSignal("");
  const load = async (name: string) => {
    isLoading.value = true;
    try {
      code.value = await examples[name].load();
    } finally {
      isLoading.value = false;
    }
  };
  return (
    <label class="program-examples">
      Begin with{" "}
      <select
        value={chosen.value}
        disabled={isLoading.value}
        onChange={({ currentTarget: { value: name } }) => {
          if (name) load(name);
        }}
      >
        <option value="">an example…</option>
        {Object.entries(examples).map(([name, { title }]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

function Predictions() {
  return (
    <>
      <h2>Predict, then run</h2>
      <Predict
        question="For a long while the loss of the moons lies at 0.28. Take the hidden layer away, so that the network can draw one straight line only: what becomes of the accuracy, 96% before?"
        choices={["it falls to 50%", "it falls to 89%", "it stays at 96%"]}
        answer={1}
      >
        <p>
          Write{" "}
          <code>
            new Sequential([new Dense({"{"} units: 1, inputDim: 2, activation: "sigmoid" {"}"})])
          </code>{" "}
          and run it: accuracy 0.89, loss 0.280, the height at which the larger network waited. For so long it drew a
          straight line as well; then it found the bend.
        </p>
      </Predict>
      <Predict
        question="You run it twice, and change nothing. What of the numbers is the same?"
        choices={["all of them", "the first digits", "none"]}
        answer={0}
      >
        <p>
          <code>manualSeed(1)</code> decides the weights at the start and the order of the samples. Take the line away
          and run it twice: now they differ, and you see how much of a result is luck.
        </p>
      </Predict>
    </>
  );
}

export const room = defineRoom({
  fields,
  controls: { code: "The program", examples: "The list of examples", time: "How long it may run" },
  View,
});
