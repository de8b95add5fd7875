/**
 * What a worker answers to a question that changes.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/**
 * The answer to a question, null until it is there. The worker gets `{ key, question }` and posts `{ key, answer }`; answers to
 * questions of before are not shown.
 *
 * @param start starts the worker, once.
 * @param key the same for the same question.
 */
export function useWorker<Question, Answer>(start: () => Worker, key: string, question: Question): Answer | null {
  const found = useSignal<{ key: string; answer: Answer } | null>(null);
  const worker = useRef<Worker | null>(null);
  useEffect(() => {
    const own = start();
    own.onmessage = ({ data }: MessageEvent<{ key: string; answer: Answer }>) => {
      found.value = data;
    };
    worker.current = own;
    return () => own.terminate();
  }, []);
  useEffect(() => {
    worker.current?.postMessage({ key, question });
  }, [key]);
  return found.value?.key === key ? found.value.answer : null;
}
