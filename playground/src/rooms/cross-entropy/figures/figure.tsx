/**
 * One idea: a sentence, a prediction, and something to play with.
 */
import type { ComponentChildren } from "preact";

export interface FigureProps {
  readonly title: string;
  readonly idea: ComponentChildren;
  readonly predict: ComponentChildren;
  readonly children: ComponentChildren;
  /** Opens what would give the answer away; absent where it is open. */
  readonly onOpen?: () => void;
}

export function Figure({ title, idea, predict, children, onOpen }: FigureProps) {
  return (
    <section class="ce-figure">
      <h2>{title}</h2>
      <div class="ce-columns">
        <div class="ce-text">
          {idea}
          {predict}
        </div>
        <div class="ce-play">
          {onOpen ? (
            <div class="ce-veil">
              <p>Predict first: the figure opens with your answer.</p>
              <button type="button" class="quiet" onClick={onOpen}>
                Open “{title}” without a prediction
              </button>
            </div>
          ) : (
            children
          )}
        </div>
      </div>
    </section>
  );
}
