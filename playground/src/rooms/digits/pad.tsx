/**
 * What is drawn, by pointer, touch or keys.
 */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { maxInk, side } from "./drawing.ts";
import { countInk, points, spread, stroke } from "./ink.ts";

export interface PadProps {
  readonly pixels: readonly number[];
  readonly isLocked: boolean;
  readonly onDraw: (pixels: number[]) => void;
}

const names = ["empty", "half inked", "inked"];

/** Eight by eight pixels; while a stroke lasts, the points that they count. */
export function Pad({ pixels, isLocked, onDraw }: PadProps) {
  const bitmap = useRef<Uint8Array | null>(null);
  const last = useRef<readonly [number, number] | null>(null);
  const cursor = useSignal(27);
  const hasFocus = useSignal(false);
  const pointOf = (event: { currentTarget: SVGSVGElement; clientX: number; clientY: number }) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    return [((event.clientX - left) / width) * points, ((event.clientY - top) / height) * points] as const;
  };
  const draw = (to: readonly [number, number]) => {
    bitmap.current = stroke(bitmap.current ?? spread(pixels), last.current ?? to, to);
    last.current = to;
    onDraw(countInk(bitmap.current));
  };
  const onKey = (event: KeyboardEvent) => {
    const [row, column] = [Math.floor(cursor.value / side), cursor.value % side];
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: row * side + Math.max(0, column - 1),
      ArrowRight: row * side + Math.min(side - 1, column + 1),
      ArrowUp: Math.max(0, row - 1) * side + column,
      ArrowDown: Math.min(side - 1, row + 1) * side + column,
    };
    if (event.key in moves) cursor.value = moves[event.key];
    else if (event.key === " " && !isLocked)
      onDraw(pixels.map((ink, i) => (i === cursor.value ? (ink >= maxInk ? 0 : ink >= 8 ? maxInk : 8) : ink)));
    else return;
    event.preventDefault();
  };
  const level = pixels[cursor.value];
  return (
    <div class="digits-pad">
      <svg
        viewBox={`0 0 ${side} ${side}`}
        role="application"
        aria-label="Your drawing, 8 by 8 pixels. Arrows move, space inks a pixel half, wholly, and not."
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is drawn on, by keys too
        tabIndex={0}
        onKeyDown={onKey}
        onFocus={() => {
          hasFocus.value = true;
        }}
        onBlur={() => {
          hasFocus.value = false;
        }}
        onPointerDown={(event) => {
          if (isLocked) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          bitmap.current = spread(pixels);
          draw(pointOf(event));
        }}
        onPointerMove={(event) => {
          if (last.current) draw(pointOf(event));
        }}
        onPointerUp={() => {
          last.current = null;
        }}
        onPointerCancel={() => {
          last.current = null;
        }}
      >
        {pixels.map((ink, i) => (
          <rect
            key={i}
            x={i % side}
            y={Math.floor(i / side)}
            width={1}
            height={1}
            class="digits-pixel"
            style={{ fillOpacity: ink / maxInk }}
          />
        ))}
        {hasFocus.value && (
          <rect
            class="digits-cursor"
            x={(cursor.value % side) + 0.06}
            y={Math.floor(cursor.value / side) + 0.06}
            width={0.88}
            height={0.88}
          />
        )}
      </svg>
      <span class="visually-hidden" aria-live="polite">
        {hasFocus.value &&
          `Row ${Math.floor(cursor.value / side) + 1}, column ${(cursor.value % side) + 1}: ${names[level >= maxInk ? 2 : level > 0 ? 1 : 0]}`}
      </span>
    </div>
  );
}
