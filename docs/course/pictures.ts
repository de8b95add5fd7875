/**
 * Draws the pictures of the course: `tsx docs/course/pictures.ts` writes them to docs/course/pictures/.
 */
import { writeFileSync } from "node:fs";
import { type LineChartData, type LineChartOptions, lineChartSvg } from "chainrule";

type Point = [x: number, y: number];

/** A function's curve as points. */
function curve(f: (x: number) => number, from: number, to: number, points = 80): Point[] {
  return Array.from({ length: points + 1 }, (_, i) => {
    const x = from + ((to - from) * i) / points;
    return [x, f(x)];
  });
}

const size = { width: 560, height: 320 };

function draw(name: string, lines: LineChartData, options: LineChartOptions): void {
  writeFileSync(new URL(`pictures/${name}.svg`, import.meta.url), lineChartSvg(lines, { ...size, ...options }));
}

// ---- 1. Slope by nudging
{
  const f = (x: number) => x * x + x;
  const line = (step: number): Point[] => {
    const slope = (f(3 + step) - f(3)) / step;
    return curve((x) => f(3) + slope * (x - 3), 2, 8, 1);
  };
  draw(
    "nudges",
    {
      "x² + x": curve(f, 1, 8),
      "step 4: slope 11": line(4),
      "step 2: slope 9": line(2),
      "step 0.001: slope 7": line(0.001),
    },
    { xLabel: "x", yLabel: "f(x)" },
  );
}
