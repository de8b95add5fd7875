/**
 * Colours and shapes of classes: colours that are told apart by those who see few, and shapes for those who see none.
 */

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/** By class; after Okabe and Ito. */
export const classColours: readonly Colour[] = [
  [0, 114, 178],
  [213, 94, 0],
  [0, 148, 108],
  [186, 92, 150],
  [140, 120, 0],
];

/** By class. */
export const classShapes = ["circle", "square", "triangle", "diamond", "cross"] as const;

/** As CSS writes it. */
export const css = ([r, g, b]: Colour, alpha = 1) => `rgb(${r} ${g} ${b} / ${alpha})`;

/** Of two colours, the second by this share. */
export function mixed(a: Colour, b: Colour, share: number): Colour {
  const mix = (i: number) => Math.round(a[i] + (b[i] - a[i]) * share);
  return [mix(0), mix(1), mix(2)];
}

/** The colours of the page as they are now, light or dark. */
export interface PageColours {
  readonly paper: Colour;
  readonly ink: Colour;
}

/** Reads them from the page. */
export function pageColours(): PageColours {
  const { backgroundColor, color } = getComputedStyle(document.documentElement);
  const read = (text: string, other: Colour): Colour => {
    const numbers = text.match(/\d+(?:\.\d+)?/g)?.map(Number) ?? [];
    return numbers.length >= 3 ? [numbers[0], numbers[1], numbers[2]] : other;
  };
  return { paper: read(backgroundColor, [255, 255, 255]), ink: read(color, [0, 0, 0]) };
}

/** A path around (x, y) of about this radius. */
export function shapePath(shape: (typeof classShapes)[number], x: number, y: number, r: number): string {
  const move = (dx: number, dy: number) => `M${(x + dx * r).toFixed(1)} ${(y + dy * r).toFixed(1)}`;
  const line = (...by: readonly number[]) => `l${by.map((each) => (each * r).toFixed(1)).join(" ")}z`;
  switch (shape) {
    case "circle":
      return `${move(-1, 0)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    case "square":
      return move(-0.9, -0.9) + line(1.8, 0, 0, 1.8, -1.8, 0);
    case "triangle":
      return move(0, -1.2) + line(1.1, 2, -2.2, 0);
    case "diamond":
      return move(0, -1.3) + line(1.3, 1.3, -1.3, 1.3, -1.3, -1.3);
    case "cross":
      return (
        move(-0.4, -1.2) +
        line(0.8, 0, 0, 0.8, 0.8, 0, 0, 0.8, -0.8, 0, 0, 0.8, -0.8, 0, 0, -0.8, -0.8, 0, 0, -0.8, 0.8, 0)
      );
  }
}
