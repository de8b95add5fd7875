/**
 * What the program wrote and showed, and how it ended.
 */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Drawing } from "../../components/drawing.tsx";
import { Failure } from "../../components/failure.tsx";
import { Html } from "./html.tsx";
import type { Item } from "./runner/output.ts";
import type { Phase, Run } from "./use-run.ts";

export function Console({ run }: { readonly run: Run }) {
  const list = useRef<HTMLDivElement>(null);
  const items = run.items.value;
  const isFollowing = useRef(true);
  useEffect(() => {
    const element = list.current;
    // Pictures are looked at from the first on; lines are followed.
    if (element && isFollowing.current && items.every(({ kind }) => kind === "text"))
      element.scrollTop = element.scrollHeight;
  }, [items]);
  const look = () => {
    const element = list.current;
    if (element) isFollowing.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
  };
  return (
    <section aria-labelledby="program-console" data-phase={run.phase.value}>
      <div class="program-bar">
        <h2 id="program-console">Console</h2>
        <Status run={run} />
      </div>
      <div
        class="program-console"
        ref={list}
        onScroll={look}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: long output is scrolled by keys
        tabIndex={0}
        role="log"
        aria-label="Output of the program"
      >
        {items.map((item, i) => (
          <Shown item={item} key={i} />
        ))}
        {items.length === 0 && run.error.value === null && <p class="faint">{nothing[run.phase.value]}</p>}
        {run.error.value && <Failure error={run.error.value} />}
      </div>
    </section>
  );
}

const nothing: Readonly<Record<Phase, string>> = {
  idle: "Nothing has run yet.",
  starting: "",
  running: "",
  done: "The program wrote nothing.",
  stopped: "",
  failed: "",
};

const phases: Readonly<Record<Phase, string>> = {
  idle: "",
  starting: "loading the library…",
  running: "running…",
  done: "done",
  stopped: "stopped",
  failed: "ended by an error",
};

function Status({ run }: { readonly run: Run }) {
  const { phase, seconds, steps } = run;
  if (phase.value === "idle") return null;
  const hasSteps = steps.value > 0;
  return (
    <p class="program-status">
      <span role="status">{phases[phase.value]}</span>
      {phase.value !== "starting" && (
        <>
          {" · "}
          <span class="number">{seconds.value.toFixed(2)} s</span>
          {hasSteps && (
            <>
              {" · "}
              <span class="number">{steps.value.toLocaleString("en")}</span> optimizer steps
            </>
          )}
        </>
      )}
    </p>
  );
}

function Shown({ item }: { readonly item: Item }) {
  if (item.kind !== "text") {
    const View = views[item.kind];
    return <View text={item.text} />;
  }
  const mark = { log: "", info: "", warn: "Warning: ", error: "Error: " }[item.level];
  return (
    <pre class={`program-text program-${item.level}`}>
      {mark && <strong>{mark}</strong>}
      {item.text}
    </pre>
  );
}

const views = { svg: ({ text }: { readonly text: string }) => <Drawing svg={text} />, html: Html, page: Page } as const;

/** A page with scripts of its own, which this one does not run. */
function Page({ text }: { readonly text: string }) {
  const address = useMemo(() => URL.createObjectURL(new Blob([text], { type: "application/octet-stream" })), [text]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <p>
      <a class="button" href={address} download="shown.html">
        Save the page that was shown
      </a>{" "}
      <span class="faint">It has a script of its own: open the file to use it.</span>
    </p>
  );
}
