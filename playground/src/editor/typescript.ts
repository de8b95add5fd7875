/**
 * What TypeScript knows, in the editor: completions, underlined mistakes, and what a name is, under the pointer or by F2.
 */
import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { type Diagnostic, linter } from "@codemirror/lint";
import { type Extension, StateEffect, StateField } from "@codemirror/state";
import { type EditorView, hoverTooltip, keymap, showTooltip, type Tooltip } from "@codemirror/view";
import type { Completions, Explanation, Language, Mistake } from "./language.ts";
import type { Question } from "./language.worker.ts";

/** After the last key, in milliseconds. */
const pause = 500;

/** An extension with a worker of its own, and what ends that. */
export function typeScript(): { readonly extension: Extension; end(): void } {
  const worker = new Worker(new URL("./language.worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, (answer: unknown) => void>();
  let last = 0;
  worker.onmessage = ({ data: { id, answer } }: MessageEvent<{ id: number; answer: unknown }>) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  };
  const ask = <T>(method: keyof Language, ...given: readonly unknown[]) =>
    new Promise<T>((answered) => {
      const question: Question = { id: ++last, method, given };
      waiting.set(question.id, answered as (answer: unknown) => void);
      worker.postMessage(question);
    });
  const explain = (view: EditorView, position: number) =>
    ask<Explanation | null>("explain", view.state.doc.toString(), position);
  const extension = [
    linter(
      async (view): Promise<Diagnostic[]> => {
        const mistakes = await ask<Mistake[]>("mistakes", view.state.doc.toString());
        const { length } = view.state.doc;
        return mistakes.map(({ from, to, ...rest }) => ({
          from: Math.min(from, length),
          to: Math.min(to, length),
          ...rest,
        }));
      },
      { delay: pause },
    ),
    autocompletion({ override: [(context) => complete(context, ask)] }),
    hoverTooltip(async (view, position) => {
      const found = await explain(view, position);
      return found && tooltipOf(found);
    }),
    explained,
    keymap.of([
      {
        key: "F2",
        run: (view) => {
          void explain(view, view.state.selection.main.head).then((found) => {
            if (found) view.dispatch({ effects: showExplanation.of(tooltipOf(found)) });
          });
          return true;
        },
      },
      {
        key: "Escape",
        run: (view) => {
          if (!view.state.field(explained)) return false;
          view.dispatch({ effects: showExplanation.of(null) });
          return true;
        },
      },
    ]),
  ];
  return { extension, end: () => worker.terminate() };
}

type Ask = <T>(method: keyof Language, ...given: readonly unknown[]) => Promise<T>;

async function complete(context: CompletionContext, ask: Ask): Promise<CompletionResult | null> {
  const { state, pos, explicit } = context;
  if (!explicit && !context.matchBefore(/[\w$.]$/)) return null;
  const text = state.doc.toString();
  const found = await ask<Completions | null>("completions", text, pos);
  if (!found) return null;
  const sorts = [...new Set(found.list.map(({ sort }) => sort))].sort();
  return {
    from: found.from,
    validFor: /^[\w$]*$/,
    options: found.list.map(({ label, type, sort }) => ({
      label,
      type,
      boost: -sorts.indexOf(sort),
      info: async () => {
        const details = await ask<Explanation | null>("describe", text, pos, label);
        return details && bodyOf(details);
      },
    })),
  };
}

const showExplanation = StateEffect.define<Tooltip | null>();

/** What F2 shows, until something else is done. */
const explained = StateField.define<Tooltip | null>({
  create: () => null,
  update(tooltip, transaction) {
    for (const effect of transaction.effects) if (effect.is(showExplanation)) return effect.value;
    return transaction.docChanged || transaction.selection ? null : tooltip;
  },
  provide: (field) => showTooltip.from(field),
});

function tooltipOf(found: Explanation): Tooltip {
  return { pos: found.from, end: found.to, above: true, create: () => ({ dom: bodyOf(found) }) };
}

function bodyOf({ code, words }: Explanation): HTMLElement {
  const body = document.createElement("div");
  body.className = "editor-tip";
  body.setAttribute("role", "status");
  const declaration = document.createElement("code");
  declaration.textContent = code;
  body.append(declaration, words);
  return body;
}
