/**
 * The program that does the same, to copy.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { chainruleProgram } from "./program.ts";
import type { Network, Points } from "./protocol.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";

export interface ProgramPartProps {
  readonly session: Session;
  readonly settings: Settings;
  readonly network: Network;
  readonly points: Points;
}

export function ProgramPart({ session, settings, network, points }: ProgramPartProps) {
  const language = useSignal<"chainrule" | "PyTorch">("chainrule");
  const copied = useSignal("");
  const step = session.slow.value?.step ?? 0;
  // As far as the page went, and where it has not begun, as far as to see something.
  const steps = session.isPlaying.value ? 300 : step === 0 ? 300 : step;
  const isPyTorch = language.value === "PyTorch";
  useEffect(() => {
    if (isPyTorch) session.writePyTorch(steps);
  }, [isPyTorch, steps, network]);
  const key = JSON.stringify([settings, steps]);
  const ours = useMemo(() => {
    try {
      return chainruleProgram(settings, { head: network.head, classes: points.classes, steps });
    } catch {
      // The data cannot be made: the worker is about to say why.
      return null;
    }
  }, [key, network, points]);
  const text = isPyTorch ? session.pytorch.value : ours;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text ?? "");
      copied.value = "Copied.";
    } catch {
      copied.value = "The browser does not let the page copy: select the text and copy it.";
    }
  };
  return (
    <>
      <div class="buttons">
        {(["chainrule", "PyTorch"] as const).map((name) => (
          <button
            type="button"
            key={name}
            aria-pressed={language.value === name}
            onClick={() => {
              language.value = name;
              copied.value = "";
            }}
          >
            {name}
          </button>
        ))}
        <button type="button" disabled={!text} onClick={copy}>
          Copy
        </button>
        <span role="status">{copied.value}</span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by keys */}
      <section class="train-program" tabIndex={0} aria-label={`The program in ${language.value}`}>
        <pre>
          <code>{text ?? "Being written…"}</code>
        </pre>
      </section>
      <p class="faint">
        {isPyTorch
          ? "One file, with the points and the first weights in it. Run it with python: the losses are those of the page to rounding, where nothing is drawn at random while it trains."
          : "Run it with tsx, in a project with chainrule: the losses are those of the page, to the last digit."}
      </p>
    </>
  );
}
