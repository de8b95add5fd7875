/**
 * Values of settings on their way to another process: data as it is, functions by the names under which they are found
 * there, as losses of the library or as what a module exports.
 */
import { OptionError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { combineLosses, isBuiltInLoss, isCombinedLoss, type Loss, lossByName } from "@chainrule/losses";
import { isPlainRecord } from "../runs/plain.ts";

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/** A value that can be sent. */
export type Sent =
  | { readonly data: unknown }
  | { readonly list: readonly Sent[] }
  | { readonly record: readonly (readonly [string, Sent])[] }
  | { readonly loss: string; readonly options: Sent }
  | { readonly combined: readonly (readonly [name: string, loss: Sent, weight: number])[]; readonly options: Sent }
  | { readonly exported: string };

/** @throws OptionError for what cannot be the same in another process. */
export function send(value: unknown, exports: Exports): Sent {
  if (typeof value === "function") return sendFunction(value, exports);
  if (Array.isArray(value)) return { list: value.map((part) => send(part, exports)) };
  if (isPlainRecord(value)) return { record: Object.entries(value).map(([key, part]) => [key, send(part, exports)]) };
  const isData = typeof value !== "symbol" && (typeof value !== "object" || value === null || isNumbers(value));
  if (isData) return { data: value };
  const name = nameIn(exports, value);
  if (name !== undefined) return { exported: name };
  throw cannotSend(describe(value));
}

function sendFunction(f: object, exports: Exports): Sent {
  const name = nameIn(exports, f);
  if (name !== undefined) return { exported: name };
  const isLoss = isBuiltInLoss(f) || isCombinedLoss(f);
  if (!isLoss) throw cannotSend(describe(f));
  const options = send((f as Loss).options, exports);
  if (!isCombinedLoss(f)) return { loss: (f as Loss).lossName, options };
  const parts = Object.entries(f.parts).map(
    ([part, { loss, weight }]) => [part, sendFunction(loss, exports), weight] as const,
  );
  return { combined: parts, options };
}

function isNumbers(value: object): boolean {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function nameIn(exports: Exports, value: unknown): string | undefined {
  return Object.keys(exports).find((name) => exports[name] === value);
}

function cannotSend(got: string): OptionError {
  return new OptionError({
    where: "sweep",
    expected: "settings that can be sent to another process",
    got,
    hint: "Export it from the module of the function that trains, or give its name and look it up there.",
  });
}

/** What was sent, made again. */
export function receive(sent: Sent, exports: Exports): unknown {
  if ("data" in sent) return sent.data;
  if ("list" in sent) return sent.list.map((part) => receive(part, exports));
  if ("record" in sent) return Object.fromEntries(sent.record.map(([key, part]) => [key, receive(part, exports)]));
  if ("exported" in sent) return exports[sent.exported];
  const options = receive(sent.options, exports) as object;
  const loss =
    "loss" in sent
      ? lossByName(sent.loss)
      : combineLosses(
          Object.fromEntries(
            sent.combined.map(([name, part, weight]) => [name, [receive(part, exports) as Loss, weight] as const]),
          ),
        );
  return Object.keys(options).length === 0 ? loss : loss.with(options as never);
}
