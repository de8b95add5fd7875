/**
 * A checkpoint as the bytes of a file: the model as `model.save` writes it, where all of it has names, and what else
 * decides how its training goes on. A check sum tells whether the bytes are those that were written.
 */
import { ChainRuleError, DataError, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { Module, SavedTraining } from "@chainrule/nn";
import { Checksum } from "@chainrule/nn/internal";
import { asOurs, Decoding, decodeValue } from "../config/decode.ts";
import { Encoding, encodeValue } from "../config/encode.ts";
import { isRecord, type Json, parseJson } from "../formats/json.ts";
import { encodeSafetensors, parseSafetensors } from "../formats/safetensors.ts";
import { encodeWhole } from "../model/encode-model.ts";
import { formatVersion, version } from "../version.ts";

/** Before the check sum in a file, and what stands in its place while it is computed. */
const before = new TextEncoder().encode('{"__metadata__":{"checksum":"');
const blank = "0".repeat(16);

/** The bytes of a checkpoint. @throws ModelError for what callbacks remember and a file cannot hold. */
export function encodeCheckpoint(
  where: string,
  { epoch, weights, rest }: SavedTraining,
  model: Module<unknown>,
): Uint8Array {
  const encoding = new Encoding(where);
  const state = new Map<string, Tensor>(Object.entries(weights));
  const whole = encodeModelIfNamed(encoding, model);
  const training = encodeValue(encoding, { epoch, ...rest });
  encoding.tensors.forEach((x, i) => {
    state.set(`$${i}`, x);
  });
  const parts = { ...(whole !== null && { model: whole }), training };
  const text = JSON.stringify({ format: formatVersion, version, parts });
  // What could not be read is not written: nesting deeper than any file may have.
  parseJson(where, text);
  const bytes = encodeSafetensors(Object.fromEntries(state), { metadata: { checksum: blank, chainrule: text } });
  return seal(bytes);
}

/** Writes the check sum to its place. */
export function seal(bytes: Uint8Array): Uint8Array {
  bytes.set(new TextEncoder().encode(checksumOf(bytes)), 8 + before.length);
  return bytes;
}

/** The model with what it was compiled with; null where a part of it has no name, and the program makes it anew. */
function encodeModelIfNamed(encoding: Encoding, model: Module<unknown>): Json | null {
  const encode = (to: Encoding) => encodeWhole(to, model, new Map(), "", {});
  try {
    encode(new Encoding(encoding.where));
  } catch (error) {
    if (error instanceof ChainRuleError) return null;
    throw error;
  }
  return encode(encoding);
}

/** The check sum of a file, in which its own place counts as zeros. */
function checksumOf(bytes: Uint8Array): string {
  const start = 8 + before.length;
  return new Checksum()
    .add(bytes.subarray(0, start))
    .add(bytes.subarray(start + blank.length))
    .toString();
}

/**
 * What {@link encodeCheckpoint} wrote.
 *
 * @throws DataError for bytes that are no such file, that are not all there, or not those that were written.
 */
export function parseCheckpoint(bytes: Uint8Array, name: string): SavedTraining {
  const start = 8 + before.length;
  const hasSum = bytes.length > start + blank.length && before.every((byte, i) => bytes[8 + i] === byte);
  if (!hasSum)
    throw new DataError({
      where: name,
      expected: "a checkpoint that fit wrote",
      got: `${bytes.length} bytes of others`,
    });
  if (new TextDecoder().decode(bytes.subarray(start, start + blank.length)) !== checksumOf(bytes))
    throw new DataError({
      where: name,
      expected: "the bytes that were written, by their check sum",
      got: "others",
      hint: "The file is cut off or damaged.",
    });
  const { tensors, metadata } = parseSafetensors(bytes, name);
  const header = parseJson(name, metadata.chainrule ?? "");
  if (
    !isRecord(header) ||
    header.format !== formatVersion ||
    !isRecord(header.parts) ||
    !isRecord(header.parts.training)
  )
    throw new DataError({
      where: name,
      expected: `a training, in version ${formatVersion} of the format`,
      got: isRecord(header) ? `version ${JSON.stringify(header.format)?.slice(0, 40)}` : describe(header),
      hint: "It is of another version of chainrule.",
    });
  const listed: Tensor[] = [];
  for (let i = 0; Object.hasOwn(tensors, `$${i}`); i++) listed.push(tensors[`$${i}`]);
  const { training } = header.parts;
  const decoded = asOurs(name, () => decodeValue(new Decoding(name, listed, {}), training));
  const { epoch, ...rest } = isRecord(decoded as Json) ? (decoded as Record<string, unknown>) : {};
  if (!Number.isSafeInteger(epoch) || (epoch as number) < 0)
    throw new DataError({ where: name, expected: "how many epochs there were", got: describe(epoch) });
  const weights = Object.entries(tensors).filter(([key]) => !key.startsWith("$"));
  return { epoch: epoch as number, weights: Object.fromEntries(weights), rest };
}
