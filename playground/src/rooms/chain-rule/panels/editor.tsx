/**
 * Where the program is written: what cannot be read is marked at its place, and the graph stays as it was.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ExpressionError } from "../language/error.ts";
import { readProgram } from "../language/program.ts";
import { longestText } from "../language/tokens.ts";
import { type Model, setProgram } from "../model.ts";

export function Editor({ model }: { readonly model: Model }) {
  const { state, program } = model;
  const draft = useSignal(state.program.value);
  const fault = useSignal<ExpressionError | null>(null);
  const own = useRef(state.program.value);
  const marks = useRef<HTMLPreElement>(null);
  // A number was dragged, or another preset taken: the text says so.
  useEffect(() => {
    if (state.program.value === own.current) return;
    own.current = state.program.value;
    draft.value = state.program.value;
    fault.value = null;
  }, [state.program.value]);
  const take = (text: string) => {
    draft.value = text;
    try {
      readProgram(text);
      fault.value = null;
      own.current = text;
      if (text !== state.program.value) setProgram(model, text);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      fault.value = error;
    }
  };
  const error = fault.value;
  const text = draft.value;
  const rows = Math.max(1, text.split("\n").length);
  return (
    <div class="chain-editor">
      <label for="chain-program">An expression, or lines with names</label>
      <div class="chain-text">
        <pre aria-hidden="true" ref={marks}>
          {error ? (
            <>
              {text.slice(0, error.start)}
              <mark>{text.slice(error.start, error.end).replace(/\n$/, " ") || " "}</mark>
              {text.slice(error.end)}
            </>
          ) : (
            text
          )}
        </pre>
        <textarea
          id="chain-program"
          rows={rows}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          maxLength={longestText + 500}
          value={text}
          aria-invalid={error !== null}
          aria-describedby="chain-fault"
          onInput={(event) => take(event.currentTarget.value)}
          onScroll={({ currentTarget: { scrollTop, scrollLeft } }) => marks.current?.scrollTo(scrollLeft, scrollTop)}
        />
      </div>
      <div role="status" id="chain-fault">
        {error && (
          <p class="chain-fault">
            <strong>{error.where}</strong>: expected {error.expected}, got {error.got}. {error.hint}{" "}
            <span class="faint">The graph shows the last text that could be read.</span>
          </p>
        )}
        {!error && program.value.unused.length > 0 && (
          <p class="faint">The result does not depend on {program.value.unused.join(", ")}.</p>
        )}
      </div>
    </div>
  );
}
