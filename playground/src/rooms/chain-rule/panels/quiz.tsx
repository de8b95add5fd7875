/**
 * Questions about this very computation; wrong answers are told the slip that leads to them.
 */
import { gradeAnswer, type Question } from "@chainrule/explain";
import { useSignal } from "@preact/signals";
import { useWorker } from "../../../components/use-worker.ts";
import type { ChainState, Model } from "../model.ts";
import { short } from "../story/format.ts";
import type { Wanted } from "./quiz.worker.ts";

const start = () => new Worker(new URL("./quiz.worker.ts", import.meta.url), { type: "module" });

export function Quiz({ model: { state, data, program, numbers } }: { readonly model: Model }) {
  const { kind, result, nodes, steps } = data.value;
  const wanted = { data: { kind, result, nodes, steps }, seed: state.seed.value, lr: state.lr.value || 0.1 };
  const key = JSON.stringify([program.value.text, numbers.value, wanted.seed, wanted.lr]);
  const all = useWorker<Wanted, readonly Question[]>(start, key, wanted);
  return all ? <Questions state={state} all={all} /> : <p class="faint">Choosing questions…</p>;
}

function Questions({ state, all }: { readonly state: ChainState; readonly all: readonly Question[] }) {
  const answered = state.answers.value;
  const isRight = (i: number) => answered[i] !== undefined && gradeAnswer(all[i], answered[i]).kind === "right";
  if (all.length === 0)
    return (
      <p>There is nothing to ask here: all numbers on the way back are 0, or not finite. Change a number first.</p>
    );
  // What one question gives away the next may ask for: each comes when those before it have been answered.
  const reached = all.findIndex((_, i) => !answered[i]) + 1 || all.length;
  const right = all.filter((_, i) => isRight(i)).length;
  return (
    <div class="chain-quiz">
      <p>
        The derivatives are hidden now. {all.length} questions about this graph, where one slips easily. Fractions such
        as −1/3 are numbers, too.{" "}
        <strong>
          {right} of {all.length} right.
        </strong>
      </p>
      <ol>
        {all.slice(0, reached).map((question, i) => (
          <Asked
            key={`${state.seed.value} ${question.ask} ${question.answer}`}
            question={question}
            typed={answered[i] ?? ""}
            onAnswer={(typed) => {
              state.answers.value = all.map((_, j) => (j === i ? typed : (answered[j] ?? "")));
            }}
          />
        ))}
      </ol>
      <button
        type="button"
        onClick={() => {
          state.answers.value = [];
          state.seed.value = (state.seed.value % 9999) + 1;
        }}
      >
        Other questions
      </button>
    </div>
  );
}

interface AskedProps {
  readonly question: Question;
  readonly typed: string;
  readonly onAnswer: (typed: string) => void;
}

function Asked({ question, typed, onAnswer }: AskedProps) {
  const draft = useSignal(typed);
  const isShown = useSignal(false);
  const verdict = typed === "" ? null : gradeAnswer(question, typed);
  return (
    <li>
      <p class="question">{question.ask}</p>
      <p class="chain-given">
        {question.given.map((line) => (
          <code key={line}>{line}</code>
        ))}
      </p>
      <form
        class="buttons"
        onSubmit={(event) => {
          event.preventDefault();
          onAnswer(draft.value.replaceAll("|", "").trim().slice(0, 24));
        }}
      >
        <input
          type="text"
          aria-label={question.ask}
          inputMode="text"
          autocomplete="off"
          maxLength={24}
          value={draft.value}
          onInput={(event) => {
            draft.value = event.currentTarget.value;
          }}
        />
        <button type="submit">Answer</button>
        {verdict?.kind !== "right" && verdict !== null && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              isShown.value = true;
            }}
          >
            Show it
          </button>
        )}
      </form>
      <div role="status">
        {verdict && <p class={verdict.kind === "right" ? "right" : "wrong"}>{verdict.message}</p>}
        {verdict && (isShown.value || verdict.kind === "right") && (
          <p>
            <code>{question.solution}</code> {verdict.kind !== "right" && `It is ${short(question.answer)}.`}
          </p>
        )}
      </div>
    </li>
  );
}
