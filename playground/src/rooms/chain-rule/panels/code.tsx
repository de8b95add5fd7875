/**
 * The same computation as a script.
 */
import { useSignal } from "@preact/signals";
import { Scroll } from "../../../components/scroll.tsx";
import { codeOf } from "../language/code.ts";
import type { Model } from "../model.ts";

export function Code({ model: { program, numbers } }: { readonly model: Model }) {
  const said = useSignal("");
  const code = codeOf(program.value, numbers.value);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      said.value = "Copied.";
    } catch {
      said.value = "The browser does not let the page copy: select the text and copy it.";
    }
  };
  return (
    <div class="chain-code">
      <p>
        This page computes with the same engine. As a script it prints the numbers above:{" "}
        <code>npm install chainrule</code>, and <code>npx tsx neuron.ts</code>.
      </p>
      <Scroll label="The script">
        <pre>
          <code>{code}</code>
        </pre>
      </Scroll>
      <div class="buttons">
        <button type="button" onClick={copy}>
          Copy
        </button>
        <span role="status">{said.value}</span>
      </div>
    </div>
  );
}
