/**
 * An editor of TypeScript: CodeMirror, loaded when a room that has one is opened; until then the text as it is.
 */
import { type Signal, useSignalEffect } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import type { EditorHandle } from "./codemirror.ts";
import "./style.css";

export interface EditorProps {
  /** What assistive technology calls it. */
  readonly label: string;
  readonly value: Signal<string>;
  readonly isReadOnly?: boolean;
  /** Completion, explanations and mistakes from the declarations of chainrule, as soon as they are loaded. */
  readonly hasTypes?: boolean;
  /** A line, from 1, to mark, with what is to be said of it. */
  readonly mark?: Signal<{ readonly line: number; readonly message: string } | null>;
  /** Ctrl or Cmd and Enter. */
  readonly onRun?: () => void;
}

export function Editor({ label, value, isReadOnly = false, hasTypes = false, mark, onRun }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const handle = useRef<EditorHandle | null>(null);
  const run = useRef(onRun);
  run.current = onRun;
  const help = useId();
  useEffect(() => {
    let isGone = false;
    let endTypes = () => {};
    void import("./codemirror.ts").then(async ({ createEditor }) => {
      if (isGone || !place.current) return;
      handle.current = createEditor(place.current, {
        label,
        describedBy: help,
        text: value.peek(),
        isReadOnly,
        onChange: (text) => {
          value.value = text;
        },
        onRun: () => run.current?.(),
      });
      handle.current.mark(mark?.peek() ?? null);
      if (!hasTypes) return;
      const { typeScript } = await import("./typescript.ts");
      if (isGone) return;
      const types = typeScript();
      handle.current?.extend(types.extension);
      endTypes = types.end;
    });
    return () => {
      isGone = true;
      endTypes();
      handle.current?.destroy();
      handle.current = null;
    };
  }, [label, isReadOnly, hasTypes, help]);
  useSignalEffect(() => {
    // Read even while there is no editor: what is not read is not followed.
    const text = value.value;
    handle.current?.setText(text);
  });
  useSignalEffect(() => {
    const found = mark?.value ?? null;
    handle.current?.mark(found);
  });
  return (
    <div class="editor">
      <div ref={place} class="editor-place" data-lines={value.peek().split("\n").length}>
        <EditorText value={value} />
      </div>
      <p id={help} class="faint editor-help">
        {isReadOnly ? "It can be read and copied." : "Tab indents; Escape, then Tab leaves the editor."}
        {onRun && " Ctrl+Enter runs."}
        {hasTypes && " F2 explains the name at the cursor, Ctrl+Space completes, F8 goes to the next mistake."}
      </p>
    </div>
  );
}

/** The text, until CodeMirror is there, which takes it away; whoever has no pointer scrolls it by the keyboard. */
function EditorText({ value }: { readonly value: Signal<string> }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what cannot be focused cannot be scrolled with the keyboard
    <pre class="editor-text" tabIndex={0}>
      {value.peek()}
    </pre>
  );
}
