/**
 * An error of code in the sandbox, with the learner's line and what to try.
 */
import { hintFor } from "../sandbox/hints.ts";
import type { SandboxError } from "../sandbox/sandboxed-worker.ts";
import "../sandbox/style.css";

export function Failure({ error }: { readonly error: SandboxError }) {
  const { name, message, line } = error;
  const hint = hintFor(error);
  return (
    <div class="failure" role="alert">
      <pre>
        <strong>
          {line !== undefined && `Line ${line}: `}
          {name && name !== "Deadline" && `${name}: `}
        </strong>
        {message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message}
      </pre>
      {hint && <p>{hint}</p>}
    </div>
  );
}
