/**
 * A question that comes before its answer.
 */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

export interface PredictProps {
  readonly question: ComponentChildren;
  /** What may be answered; the right one first in no order of its own: they are shown as given. */
  readonly choices: readonly string[];
  /** Its index in `choices`. */
  readonly answer: number;
  /** Why, and what to look at: shown once something has been chosen. */
  readonly children: ComponentChildren;
  /** Called with what was chosen: for what is not to be seen before. */
  readonly onChoose?: (choice: number) => void;
}

/** Asks for a prediction, says whether it was right, then why. */
export function Predict({ question, choices, answer, children, onChoose }: PredictProps) {
  const chosen = useSignal<number | null>(null);
  return (
    <section class="predict" aria-label="A prediction">
      <p class="question">{question}</p>
      <div class="buttons">
        {choices.map((choice, i) => (
          <button
            type="button"
            key={choice}
            aria-pressed={chosen.value === i}
            onClick={() => {
              chosen.value = i;
              onChoose?.(i);
            }}
          >
            {choice}
          </button>
        ))}
      </div>
      <div role="status">
        {chosen.value !== null && (
          <>
            <p class={chosen.value === answer ? "right" : "wrong"}>
              {chosen.value === answer ? "Yes." : `No: ${choices[answer]}.`}
            </p>
            <div>{children}</div>
          </>
        )}
      </div>
    </section>
  );
}
