/**
 * TensorBoard's event files: records with check sums, each a protocol buffer.
 *
 * Source: the field numbers of event.proto, summary.proto, graph.proto, node_def.proto, attr_value.proto and
 * tensor_shape.proto in https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto, and
 * tensorboard/compat/tensorflow_stub/pywrap_tensorflow.py for the records.
 */

import type { Histogram } from "@chainrule/nn/internal";
import { PbfWriter } from "pbf";
import { crc32c } from "../formats/crc.ts";
import type { Png } from "../formats/png.ts";

/** What is shown under a tag at a step. */
export type SummaryValue = { readonly tag: string } & (
  | { readonly scalar: number }
  | { readonly histogram: Histogram }
  | { readonly image: Png }
);

/** A box in the graph: an operation with the names of those whose results it takes. */
export interface GraphNode {
  /** With slashes between the boxes that it is in. */
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  /** Batch axis first, null for what varies; null where it is not known. */
  readonly shape: readonly (number | null)[] | null;
}

/** What an event tells. */
export type EventContent =
  | { readonly fileVersion: string }
  | { readonly graph: readonly GraphNode[] }
  | { readonly values: readonly SummaryValue[] };

/** With what every event file begins. */
export const fileVersion: EventContent = { fileVersion: "brain.Event:2" };

/**
 * An event as a record: its length, its bytes, and check sums of both.
 *
 * @param time in seconds since 1970.
 */
export function encodeEvent(content: EventContent, step: number, time: number): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, time);
  if (step !== 0) pbf.writeVarintField(2, step);
  if ("fileVersion" in content) pbf.writeStringField(3, content.fileVersion);
  else if ("graph" in content) pbf.writeBytesField(4, encodeGraph(content.graph));
  else pbf.writeMessage(5, writeSummary, content.values);
  return record(pbf.finish());
}

function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + data.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCheckSum(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCheckSum(data), true);
  return bytes;
}

/** Turned and shifted, so that a check sum of bytes that hold one is a check sum still. */
function maskedCheckSum(bytes: Uint8Array): number {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

function writeSummary(values: readonly SummaryValue[], pbf: PbfWriter): void {
  for (const value of values) pbf.writeMessage(1, writeValue, value);
}

function writeValue(value: SummaryValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.tag);
  if ("scalar" in value) pbf.writeFloatField(2, value.scalar);
  else if ("image" in value) pbf.writeMessage(4, writeImage, value.image);
  else pbf.writeMessage(5, writeHistogram, value.histogram);
}

function writeImage({ bytes, height, width, channels }: Png, pbf: PbfWriter): void {
  pbf.writeVarintField(1, height);
  pbf.writeVarintField(2, width);
  pbf.writeVarintField(3, channels);
  pbf.writeBytesField(4, bytes);
}

function writeHistogram({ min, max, count, sum, sumOfSquares, limits, counts }: Histogram, pbf: PbfWriter): void {
  [min, max, count, sum, sumOfSquares].forEach((number, i) => {
    // What is 0 is left out, as the format's other writers do; -0 is not 0 there.
    if (!Object.is(number, 0)) pbf.writeDoubleField(i + 1, number);
  });
  pbf.writePackedDouble(6, [...limits]);
  pbf.writePackedDouble(7, [...counts]);
}

function encodeGraph(nodes: readonly GraphNode[]): Uint8Array {
  const pbf = new PbfWriter();
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  // The version of GraphDef that graphs of these fields have.
  pbf.writeMessage(4, (producer: number, versions) => versions.writeVarintField(1, producer), 22);
  return pbf.finish();
}

function writeNode({ name, op, inputs, shape }: GraphNode, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeStringField(2, op);
  for (const input of inputs) pbf.writeStringField(3, input);
  if (shape) pbf.writeMessage(5, writeShapes, shape);
}

/** `_output_shapes`: an attribute that is a list of one shape, in which -1 stands for what varies. */
function writeShapes(shape: readonly (number | null)[], entry: PbfWriter): void {
  entry.writeStringField(1, "_output_shapes");
  entry.writeMessage(
    2,
    (_: null, value) => value.writeMessage(1, (_list: null, list) => list.writeMessage(7, writeShape, shape), null),
    null,
  );
}

function writeShape(shape: readonly (number | null)[], pbf: PbfWriter): void {
  for (const length of shape)
    pbf.writeMessage(
      2,
      (n: number, dimension) => {
        if (n !== 0) dimension.writeVarintField(1, n);
      },
      length ?? -1,
    );
}
