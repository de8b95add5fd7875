/**
 * How wide an element is, for drawings whose texts keep their size.
 */
import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** The width of an element in sixteenths of the page's font size: pixels, unless the page is on a projector. 0 until it is there. */
export function useWidth<T extends HTMLElement>(): {
  readonly place: RefObject<T | null>;
  readonly width: Signal<number>;
} {
  const place = useRef<T>(null);
  const width = useSignal(0);
  useEffect(() => {
    const watcher = new ResizeObserver(([{ contentRect }]) => {
      width.value = contentRect.width / (Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
    });
    watcher.observe(place.current!);
    return () => watcher.disconnect();
  }, []);
  return { place, width };
}
