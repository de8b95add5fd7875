/**
 * The language service in a worker: a program of TypeScript's own size takes its time.
 */
import library from "virtual:chainrule-declarations";
import language from "virtual:language-declarations";
import { createLanguage, type Language } from "./language.ts";

/** What is asked: a method of `Language` with what it takes. */
export interface Question {
  readonly id: number;
  readonly method: keyof Language;
  readonly given: readonly unknown[];
}

const service = createLanguage({ language: JSON.parse(language), library: JSON.parse(library) });

addEventListener("message", ({ data: { id, method, given } }: MessageEvent<Question>) => {
  const answer = (service[method] as (...given: readonly unknown[]) => unknown)(...given);
  postMessage({ id, answer });
});
