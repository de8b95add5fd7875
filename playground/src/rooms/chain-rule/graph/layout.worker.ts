/**
 * Finds places for boxes and arrows, from left to right and from top to bottom, apart from the page: large graphs take a
 * tenth of a second.
 */
import { type Layout, layoutGraph } from "@chainrule/viz/internal";
import type { Shape } from "./shape.ts";

export interface Layouts {
  readonly across: Layout;
  readonly down: Layout;
}

self.onmessage = ({ data: { key, question } }: MessageEvent<{ key: string; question: Shape }>) => {
  const { boxes, arrows } = question;
  postMessage({ key, answer: { across: layoutGraph(boxes, arrows), down: downwards(question) } });
};

/** A layout from left to right of boxes that lie on their side, turned. */
function downwards({ boxes, arrows }: Shape): Layout {
  const onSide = <T extends { width: number; height: number }>(box: T): T => ({
    ...box,
    width: box.height,
    height: box.width,
  });
  const { width, height, ...layout } = layoutGraph(boxes.map(onSide), arrows.map(onSide));
  const turned = ({ x, y }: { x: number; y: number }) => ({ x: y, y: x });
  return {
    width: height,
    height: width,
    boxes: layout.boxes.map(turned),
    arrows: layout.arrows.map(({ points, label }) => ({ points: points.map(turned), label: turned(label) })),
  };
}
