/**
 * What to try, for errors that come of a page not being Node, or of the sandbox.
 */
import type { SandboxError } from "./sandboxed-worker.ts";

const absent: Readonly<Record<string, string>> = {
  process:
    "There is no process in a page. Write with console.log in place of process.stdout.write; there are no arguments and no environment.",
  require: 'Write import { … } from "chainrule".',
  Buffer: "Buffer is Node's; use Uint8Array.",
  __dirname: "A page has no files.",
  __filename: "A page has no files.",
  document: "The program runs apart from the page, which it cannot touch. Show drawings with show(svg).",
  window: "The program runs apart from the page, which it cannot touch. Show drawings with show(svg).",
  localStorage: "The program runs in a sandbox: nothing is kept from one run to the next.",
  indexedDB: "The program runs in a sandbox: nothing is kept from one run to the next.",
  caches: "The program runs in a sandbox: nothing is kept from one run to the next.",
  alert: "Write with console.log.",
  prompt: "Write what would be asked for into the program.",
  Worker: "The program is in a worker already, and starts no other.",
  XMLHttpRequest: "The program runs in a sandbox, which loads and sends nothing.",
};

/** Undefined where there is nothing to add. */
export function hintFor({ name, message }: SandboxError): string | undefined {
  const missing = /^(\w+) is not defined$/.exec(message)?.[1];
  if (missing && Object.hasOwn(absent, missing)) return absent[missing];
  if (missing === "show" || missing === "display")
    return 'display comes from chainrule: import { display } from "chainrule".';
  if (missing) return `If ${missing} is the library's, import it: import { ${missing} } from "chainrule".`;
  if (/Failed to fetch|dynamically imported|Content Security Policy|NetworkError/.test(message))
    return "The program runs in a sandbox, which loads and sends nothing, and makes no code of texts.";
  const unknown = /does not provide an export named '(\w+)'/.exec(message)?.[1];
  if (unknown)
    return `chainrule has no ${unknown}: in the editor, Ctrl+Space within the braces of the import lists what it has.`;
  if (name === "Deadline") return "If it needs longer, choose more time; if not, look for a loop that does not end.";
  if (/allocation failed|Invalid (?:array|typed array) length|out of memory/i.test(message))
    return "That is more memory than a page gets.";
  return undefined;
}
