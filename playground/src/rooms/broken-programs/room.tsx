/**
 * Programs in which something is wrong, or not: find it, then let `diagnose` tell.
 */
import { useComputed, useSignal } from "@preact/signals";
import helpers from "../../../../packages/nn/test/diagnose/everything.ts?raw";
import { goTo } from "../../app/navigation.ts";
import { Control } from "../../components/control.tsx";
import { choice, flag, text } from "../../state/fields.ts";
import type { State } from "../../state/state.ts";
import { defineRoom } from "../room.ts";
import { collection } from "./collection.ts";
import { choicesFor, faults, nothing } from "./faults.ts";
import { Findings } from "./findings.tsx";
import { Losses } from "./losses.tsx";
import { type Script, scriptOf, wholeScript } from "./program-text.ts";
import "./style.css";
import { useProgram } from "./use-program.ts";

const rules = ["", nothing, ...Object.keys(faults)];

const fields = {
  program: text(collection[0].id, { maxLength: 6, pattern: /^[0-9a-z]{6}$/ }),
  guess: choice("", rules),
  told: flag(false),
};

/** Which program, what was chosen, and whether `diagnose` was asked. */
export type BrokenProgramsState = State<typeof fields>;

const sentenceOf = (rule: string) => faults[rule] ?? "Nothing is wrong: it is sound";

function View({ state }: { readonly state: BrokenProgramsState }) {
  const at = useComputed(() =>
    Math.max(
      0,
      collection.findIndex(({ id }) => id === state.program.value),
    ),
  );
  const entry = collection[at.value];
  const run = useProgram(entry.name, state);
  const found = useSignal<ReadonlyMap<string, boolean>>(new Map());
  const open = (index: number) => {
    state.program.value = collection[(index + collection.length) % collection.length].id;
    state.guess.value = "";
    state.told.value = false;
  };
  const guess = (rule: string) => {
    state.guess.value = rule;
    if (!found.value.has(entry.id)) found.value = new Map(found.value).set(entry.id, rule === (entry.told ?? nothing));
  };
  const { above, body } = scriptOf(entry.source, helpers);
  const right = [...found.value.values()].filter(Boolean).length;
  return (
    <>
      <p>
        Each of these programs runs without an error. In most of them something keeps it from learning; some are sound.
        Read it, look at its loss, say what is wrong, then let <code>diagnose</code> look.
      </p>
      <Control id="programs">
        <div class="buttons">
          <button type="button" onClick={() => open(at.value - 1)}>
            ← Previous
          </button>
          <span>
            Program <strong>{at.value + 1}</strong> of {collection.length}
          </span>
          <button type="button" onClick={() => open(at.value + 1)}>
            Next →
          </button>
          {found.value.size > 0 && (
            <span role="status" class="broken-score">
              At the first try: {right} of {found.value.size}
            </span>
          )}
        </div>
        <details class="broken-all">
          <summary>All programs</summary>
          <ol>
            {collection.map(({ id }, i) => (
              <li key={id}>
                <button
                  type="button"
                  aria-pressed={i === at.value}
                  aria-label={labelOf(i, found.value.get(id))}
                  onClick={() => open(i)}
                >
                  {i + 1}
                  {found.value.has(id) && (found.value.get(id) ? " ✓" : " ✗")}
                </button>
              </li>
            ))}
          </ol>
        </details>
      </Control>
      <div class="broken-columns">
        <Code above={above} body={body} />
        <div>
          <Losses run={run} />
          <section aria-labelledby="broken-question">
            <h2 id="broken-question">What is wrong?</h2>
            <Control id="guess">
              <div class="broken-choices">
                {choicesFor(entry.id, entry.told).map((rule) => (
                  <button
                    type="button"
                    key={rule}
                    aria-pressed={state.guess.value === rule}
                    onClick={() => guess(rule)}
                  >
                    {sentenceOf(rule)}
                  </button>
                ))}
              </div>
            </Control>
            <div role="status">
              {state.guess.value !== "" && (
                <p class={state.guess.value === (entry.told ?? nothing) ? "right" : "wrong"}>
                  {state.guess.value === (entry.told ?? nothing) ? "Yes." : "No. Look again, or let diagnose tell."}
                </p>
              )}
            </div>
            <Control id="diagnose">
              <div class="buttons">
                <button
                  type="button"
                  class="primary"
                  onClick={() => {
                    state.told.value = true;
                  }}
                >
                  Let diagnose tell
                </button>
                <button
                  type="button"
                  onClick={() => void goTo("program", { code: wholeScript(entry.source, helpers) })}
                >
                  Mend it in “A program”
                </button>
              </div>
            </Control>
            {state.told.value && <Findings run={run} />}
          </section>
        </div>
      </div>
    </>
  );
}

function labelOf(index: number, isFound: boolean | undefined): string {
  return `Program ${index + 1}${isFound === undefined ? "" : isFound ? ", found" : ", not found at the first try"}`;
}

function Code({ above, body }: Script) {
  return (
    <section aria-labelledby="broken-program">
      <h2 id="broken-program">The program</h2>
      <details>
        <summary>Imports and data</summary>
        <pre class="broken-code">
          <code>{above}</code>
        </pre>
      </details>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by keys */}
      <pre class="broken-code" tabIndex={0}>
        <code>
          {body.split("\n").map((line, i) => (
            <span class="broken-line" key={`${i} ${line}`}>
              {`${line}\n`}
            </span>
          ))}
        </code>
      </pre>
    </section>
  );
}

export const room = defineRoom({
  fields,
  controls: {
    programs: "Going to other programs",
    guess: "The choices",
    diagnose: "Asking diagnose, and opening the program",
  },
  View,
});
