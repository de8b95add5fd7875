/**
 * Lines over a number that is dragged along: the drawing of several figures of this room.
 */
import type { Signal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { useWidth } from "../../components/use-width.ts";
import { decimals } from "./format.ts";

export interface Line {
  readonly name: string;
  /** Where it is not finite it is not drawn. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Its value where the number stands. */
  readonly now: number;
  readonly className: string;
}

export interface ChartProps {
  readonly title: string;
  readonly x: { readonly min: number; readonly max: number; readonly name: string };
  readonly y: { readonly min: number; readonly max: number; readonly name: string };
  readonly lines: readonly Line[];
  /** The number, and whether it may be dragged. */
  readonly at: Signal<number>;
  readonly canDrag: boolean;
  /** A line across, at a height with a name. */
  readonly level?: { readonly y: number; readonly name: string };
}

const height = 250;
const margin = { left: 44, right: 14, top: 14, bottom: 40 };

export function Chart({ title, x, y, lines, at, canDrag, level }: ChartProps) {
  const { place, width } = useWidth<HTMLDivElement>();
  const clip = useId();
  const isDragging = useRef(false);
  const w = Math.max(240, width.value);
  const toX = (value: number) => margin.left + ((value - x.min) / (x.max - x.min)) * (w - margin.left - margin.right);
  const toY = (value: number) =>
    height - margin.bottom - ((value - y.min) / (y.max - y.min)) * (height - margin.top - margin.bottom);
  const drag = (event: { clientX: number; currentTarget: SVGSVGElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const inside = ((event.clientX - box.left) / box.width) * w;
    const value = x.min + ((inside - margin.left) / (w - margin.left - margin.right)) * (x.max - x.min);
    const step = (x.max - x.min) / 240;
    at.value = Number(Math.min(x.max, Math.max(x.min, Math.round(value / step) * step)).toFixed(3));
  };
  const inside = (value: number) => Math.min(y.max, Math.max(y.min, value));
  return (
    <figure class="ce-chart">
      <figcaption>
        {lines.map(({ name, className, now }) => (
          <span class={`ce-key ${className}`} key={name}>
            <svg viewBox="0 0 28 8" aria-hidden="true">
              <path d="M0 4H28" />
            </svg>
            {name} <output>{decimals(now)}</output>
          </span>
        ))}
      </figcaption>
      <div ref={place}>
        <svg
          role="img"
          aria-label={`${title}. At ${x.name} ${decimals(at.value, 2)}: ${lines.map(({ name, now }) => `${name} ${decimals(now)}`).join(", ")}.`}
          viewBox={`0 0 ${w} ${height}`}
          style={{ height: `${height / 16}rem`, width: "100%" }}
          data-drag={canDrag}
          onPointerDown={(event) => {
            if (!canDrag) return;
            isDragging.current = true;
            event.currentTarget.setPointerCapture(event.pointerId);
            drag(event);
          }}
          onPointerMove={(event) => isDragging.current && drag(event)}
          onPointerUp={() => {
            isDragging.current = false;
          }}
          onPointerCancel={() => {
            isDragging.current = false;
          }}
        >
          <clipPath id={clip}>
            <rect
              x={margin.left}
              y={margin.top - 3}
              width={w - margin.left - margin.right}
              height={height - margin.top - margin.bottom + 6}
            />
          </clipPath>
          {ticks(y.min, y.max).map((tick) => (
            <g class="grid" key={tick}>
              <path d={`M${margin.left} ${toY(tick)}H${w - margin.right}`} />
              <text x={margin.left - 6} y={toY(tick) + 4} text-anchor="end">
                {short(tick)}
              </text>
            </g>
          ))}
          {ticks(x.min, x.max).map((tick) => (
            <text class="tick" key={tick} x={toX(tick)} y={height - margin.bottom + 18} text-anchor="middle">
              {short(tick)}
            </text>
          ))}
          <text class="axis" x={w - margin.right} y={height - 5} text-anchor="end">
            {x.name} →
          </text>
          <text class="axis" x={4} y={height - 5}>
            ↑ {y.name}
          </text>
          {level && level.y <= y.max && (
            <g class="level">
              <path d={`M${margin.left} ${toY(level.y)}H${w - margin.right}`} />
              <text x={w - margin.right - 4} y={toY(level.y) - 5} text-anchor="end">
                {level.name}
              </text>
            </g>
          )}
          <g clip-path={`url(#${clip})`}>
            {lines.map(({ name, className, points }) => (
              <path key={name} class={`line ${className}`} d={pathOf(points, toX, toY, y)} />
            ))}
          </g>
          <path class="now" d={`M${toX(at.value)} ${margin.top}V${height - margin.bottom}`} />
          {lines.map(
            ({ name, className, now }) =>
              !Number.isNaN(now) && (
                <circle key={name} class={className} cx={toX(at.value)} cy={toY(inside(now))} r="5.5" />
              ),
          )}
        </svg>
      </div>
    </figure>
  );
}

/** The line, broken where it is not finite, and not drawn far outside. */
function pathOf(
  points: Line["points"],
  toX: (x: number) => number,
  toY: (y: number) => number,
  { min, max }: { min: number; max: number },
): string {
  let isOn = false;
  const span = max - min;
  return points
    .map(([px, py]) => {
      if (!Number.isFinite(py)) {
        isOn = false;
        return "";
      }
      const part = `${isOn ? "L" : "M"}${toX(px).toFixed(1)} ${toY(Math.min(max + span, Math.max(min - span, py))).toFixed(1)}`;
      isOn = true;
      return part;
    })
    .join("");
}

/** Round numbers, four to eight of them. */
export function ticks(min: number, max: number): number[] {
  const rough = (max - min) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough)!;
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const short = (x: number) => String(x).replace("-", "−");
