/**
 * CodeMirror as the rooms use it: TypeScript, in the colours of the page.
 */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension, Prec, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  WidgetType,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

export interface EditorOptions {
  readonly label: string;
  /** The id of what says how to leave it. */
  readonly describedBy: string;
  readonly text: string;
  readonly isReadOnly: boolean;
  onChange(text: string): void;
  onRun(): void;
}

/** A line from 1, and what is said below it. */
export interface Mark {
  readonly line: number;
  readonly message: string;
}

export interface EditorHandle {
  /** Replaces the text, if it is another one. */
  setText(text: string): void;
  mark(mark: Mark | null): void;
  /** More of what an editor can. */
  extend(extension: Extension): void;
  destroy(): void;
}

/** Puts an editor in the place of what is within `parent`. */
export function createEditor(parent: HTMLElement, options: EditorOptions): EditorHandle {
  const more = new Compartment();
  const { label, describedBy, isReadOnly, onChange, onRun } = options;
  const run = () => {
    onRun();
    return true;
  };
  const state = EditorState.create({
    doc: options.text,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-Enter", run }])),
      lineNumbers(),
      history(),
      drawSelection(),
      indentOnInput(),
      indentUnit.of("  "),
      bracketMatching(),
      closeBrackets(),
      autocompletion({ icons: false }),
      highlightSelectionMatches(),
      ...(isReadOnly
        ? [EditorState.readOnly.of(true)]
        : [highlightActiveLine(), highlightActiveLineGutter(), keymap.of([indentWithTab])]),
      keymap.of([
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...completionKeymap,
        ...lintKeymap,
      ]),
      javascript({ typescript: true }),
      syntaxHighlighting(colours),
      theme,
      marked,
      EditorView.contentAttributes.of({
        tabindex: "0",
        "aria-label": label,
        "aria-describedby": describedBy,
        spellcheck: "false",
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) onChange(update.state.doc.toString());
      }),
      more.of([]),
    ],
  });
  parent.replaceChildren();
  const view = new EditorView({ state, parent });
  return {
    setText(text) {
      const length = view.state.doc.length;
      if (text !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: length, insert: text } });
    },
    mark: (mark) => view.dispatch({ effects: setMark.of(mark) }),
    extend: (extension) => view.dispatch({ effects: more.reconfigure(extension) }),
    destroy: () => view.destroy(),
  };
}

const setMark = StateEffect.define<Mark | null>();

/** The line at which something went wrong, until the text changes. */
const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    let found = transaction.docChanged ? Decoration.none : decorations;
    for (const effect of transaction.effects)
      if (effect.is(setMark)) found = effect.value ? decorated(transaction.state, effect.value) : Decoration.none;
    return found;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorated(state: EditorState, { line, message }: Mark): DecorationSet {
  if (line > state.doc.lines) return Decoration.none;
  const { from, to } = state.doc.line(line);
  return Decoration.set([
    Decoration.line({ class: "editor-marked" }).range(from),
    Decoration.widget({ widget: new Message(message), block: true, side: 1 }).range(to),
  ]);
}

class Message extends WidgetType {
  readonly message: string;

  constructor(message: string) {
    super();
    this.message = message;
  }

  override eq(other: Message): boolean {
    return other.message === this.message;
  }

  override toDOM(): HTMLElement {
    const element = document.createElement("div");
    element.className = "editor-message";
    element.textContent = this.message;
    return element;
  }
}

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.controlKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--code-function)" },
  { tag: [tags.typeName, tags.className], color: "var(--code-type)" },
  { tag: tags.comment, color: "var(--faint)", fontStyle: "italic" },
]);

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--raised)", color: "var(--ink)", borderRadius: "8px", fontSize: "0.9rem" },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", lineHeight: "1.6", maxHeight: "min(70vh, 46rem)" },
  ".cm-content": { caretColor: "var(--ink)", padding: "0.6rem 0" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--editor-line)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--editor-selection) !important",
  },
  ".cm-selectionMatch, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--weight)" },
  ".cm-tooltip": {
    backgroundColor: "var(--paper)",
    color: "var(--ink)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
    maxWidth: "min(36rem, 92vw)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)" },
  ".cm-diagnostic": { whiteSpace: "pre-wrap" },
});
