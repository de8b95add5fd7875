/**
 * The places of a graph, found by a worker.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Layouts } from "./layout.worker.ts";
import type { Shape } from "./shape.ts";

/** The layouts of a shape; null while the worker looks for them. */
export function useLayouts(shape: Shape): Layouts | null {
  const found = useSignal<{ key: string; layouts: Layouts } | null>(null);
  const worker = useRef<Worker | null>(null);
  const key = JSON.stringify(shape);
  useEffect(() => {
    const own = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    own.onmessage = ({ data }: MessageEvent<{ key: string; layouts: Layouts }>) => {
      found.value = data;
    };
    worker.current = own;
    return () => own.terminate();
  }, []);
  useEffect(() => {
    worker.current?.postMessage({ key, shape });
  }, [key]);
  return found.value?.key === key ? found.value.layouts : null;
}
