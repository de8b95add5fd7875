/**
 * ONNX's messages as protocol buffers: the few of onnx.proto that a model for inference consists of.
 *
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, whose field numbers these are.
 */
import type { DType, TypedArray } from "@chainrule/core";
import { PbfWriter } from "pbf";

/** The runtimes of the last years take these: ONNX 1.12 and newer. */
const irVersion = 8;
const opset = 17;

/** The attribute of a node: a number, a text, or a list of whole numbers. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] };

/** One operation. */
export interface NodeMessage {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A constant: of a tensor's dtype, or whole numbers of 64 bits such as shapes. */
export interface InitializerMessage {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType | "int64";
  readonly numbers: TypedArray | readonly number[];
}

/** An input or output; a text among the lengths names one that varies. */
export interface ValueMessage {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export interface GraphMessage {
  readonly name: string;
  readonly nodes: readonly NodeMessage[];
  readonly initializers: readonly InitializerMessage[];
  readonly inputs: readonly ValueMessage[];
  readonly outputs: readonly ValueMessage[];
}

/** What ONNX calls the dtypes. */
export const elementTypes: Readonly<Record<DType | "int64", number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

/** The model as the bytes of an .onnx file. */
export function encodeModel(graph: GraphMessage, version: string): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, irVersion);
  pbf.writeStringField(2, "chainrule");
  pbf.writeStringField(3, version);
  pbf.writeMessage(7, writeGraph, graph);
  pbf.writeMessage(8, (of: number, to) => to.writeVarintField(2, of), opset);
  return pbf.finish();
}

function writeGraph({ name, nodes, initializers, inputs, outputs }: GraphMessage, pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, name);
  for (const initializer of initializers) pbf.writeMessage(5, writeInitializer, initializer);
  for (const input of inputs) pbf.writeMessage(11, writeValue, input);
  for (const output of outputs) pbf.writeMessage(12, writeValue, output);
}

function writeNode({ op, name, inputs, outputs, attributes }: NodeMessage, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(1, input);
  for (const output of outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, name);
  pbf.writeStringField(4, op);
  for (const attribute of Object.entries(attributes)) pbf.writeMessage(5, writeAttribute, attribute);
}

function writeAttribute([name, value]: readonly [string, AttributeValue], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if ("int" in value) {
    pbf.writeVarintField(3, value.int);
    pbf.writeVarintField(20, 2);
  } else if ("text" in value) {
    pbf.writeStringField(4, value.text);
    pbf.writeVarintField(20, 3);
  } else {
    for (const n of value.ints) pbf.writeVarintField(8, n);
    pbf.writeVarintField(20, 7);
  }
}

function writeInitializer({ name, shape, dtype, numbers }: InitializerMessage, pbf: PbfWriter): void {
  for (const length of shape) pbf.writeVarintField(1, length);
  pbf.writeVarintField(2, elementTypes[dtype]);
  pbf.writeStringField(8, name);
  pbf.writeBytesField(9, littleEndian(dtype, numbers));
}

function littleEndian(dtype: DType | "int64", numbers: ArrayLike<number>): Uint8Array {
  const bytes = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1 }[dtype];
  const view = new DataView(new ArrayBuffer(bytes * numbers.length));
  for (let i = 0; i < numbers.length; i++) {
    const at = i * bytes;
    if (dtype === "float32") view.setFloat32(at, numbers[i], true);
    else if (dtype === "float64") view.setFloat64(at, numbers[i], true);
    else if (dtype === "int32") view.setInt32(at, numbers[i], true);
    else if (dtype === "int64") view.setBigInt64(at, BigInt(numbers[i]), true);
    else view.setUint8(at, numbers[i] === 0 ? 0 : 1);
  }
  return new Uint8Array(view.buffer);
}

function writeValue({ name, dtype, shape }: ValueMessage, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(
    2,
    (_: null, type) =>
      type.writeMessage(
        1,
        (_: null, tensor) => {
          tensor.writeVarintField(1, elementTypes[dtype]);
          tensor.writeMessage(2, writeShape, shape);
        },
        null,
      ),
    null,
  );
}

function writeShape(shape: readonly (number | string)[], pbf: PbfWriter): void {
  for (const length of shape)
    pbf.writeMessage(
      1,
      (of: number | string, dimension) =>
        typeof of === "number" ? dimension.writeVarintField(1, of) : dimension.writeStringField(2, of),
      length,
    );
}
