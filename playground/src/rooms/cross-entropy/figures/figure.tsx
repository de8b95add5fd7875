/**
 * One idea: a sentence, a prediction, and something to play with.
 */
import type { ComponentChildren } from "preact";

export interface FigureProps {
  readonly title: string;
  readonly idea: ComponentChildren;
  readonly predict: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Figure({ title, idea, predict, children }: FigureProps) {
  return (
    <section class="ce-figure">
      <h2>{title}</h2>
      <div class="ce-columns">
        <div class="ce-text">
          {idea}
          {predict}
        </div>
        <div class="ce-play">{children}</div>
      </div>
    </section>
  );
}
