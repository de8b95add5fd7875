/**
 * Images read at other places than their pixels: what rotating, moving and zooming come to.
 */
import { arange, type Tensor, where } from "@chainrule/core";

/** What stands beyond the borders: `d c b a | a b c d | d c b a`, one value, the border, or the image again. */
export type FillMode = "reflect" | "constant" | "nearest" | "wrap";

/** How images are read between pixels and beyond borders. */
export interface Reading {
  readonly interpolation: "bilinear" | "nearest";
  readonly fillMode: FillMode;
  readonly fillValue: number;
}

/** Whole numbers [length] in a dtype. */
export function places(length: number, { dtype }: Tensor): Tensor {
  return arange(0, length, 1, { dtype: dtype === "float64" ? "float64" : "float32" });
}

/** Places along an axis of `length` pixels, brought back into it. */
function inside(at: Tensor, length: number, mode: FillMode): Tensor {
  const modulo = (n: number) => at.sub(at.div(n).floor().mul(n));
  if (mode === "wrap") return modulo(length);
  if (mode !== "reflect") return at.clamp(0, length - 1);
  const twice = modulo(2 * length);
  return twice.minimum(twice.neg().add(2 * length - 1));
}

/** The pixels of images [N, C, H, W] at rows and columns [N, ..], whole numbers: [N, C, ..]. */
export function pixelsAt(images: Tensor, rows: Tensor, columns: Tensor): Tensor {
  const [batch, channels, height, width] = images.shape;
  const at = rows.mul(width).add(columns).cast("int32");
  const flat = at.reshape(batch, 1, -1).broadcastTo([batch, channels, at.size / Math.max(1, batch)]);
  const found = images.reshape(batch, channels, height * width).takeAlongAxis(flat, -1);
  return found.reshape([batch, channels, ...at.shape.slice(1)]);
}

/** Images [N, C, H, W] at rows and columns [N, H', W'] of any numbers: [N, C, H', W']. */
export function sampled(images: Tensor, rows: Tensor, columns: Tensor, reading: Reading): Tensor {
  const [, , height, width] = images.shape;
  const { interpolation, fillMode, fillValue } = reading;
  const at = (y: Tensor, x: Tensor) => {
    const found = pixelsAt(images, inside(y, height, fillMode), inside(x, width, fillMode));
    if (fillMode !== "constant") return found;
    const isThere = y
      .greaterEqual(0)
      .logicalAnd(y.lessEqual(height - 1))
      .logicalAnd(x.greaterEqual(0))
      .logicalAnd(x.lessEqual(width - 1));
    return where(isThere.unsqueeze(1), found, fillValue);
  };
  if (interpolation === "nearest") return at(rows.add(0.5).floor(), columns.add(0.5).floor());
  const [top, left] = [rows.floor(), columns.floor()];
  const [down, right] = [rows.sub(top).unsqueeze(1), columns.sub(left).unsqueeze(1)];
  const between = (a: Tensor, b: Tensor, share: Tensor) => a.add(b.sub(a).mul(share));
  const upper = between(at(top, left), at(top, left.add(1)), right);
  const lower = between(at(top.add(1), left), at(top.add(1), left.add(1)), right);
  return between(upper, lower, down);
}
