/**
 * A worker in which a learner's code may run: it cannot read the page or what the browser keeps for it, cannot load or send
 * anything, and ends at a deadline.
 *
 * What it sends may have been made up by the learner's code: whoever listens checks it, and shows it as text or picture.
 */
import { sandboxDocument } from "./document.ts";
import loader from "./loader.js?raw";

/** What went wrong in the sandbox. */
export interface SandboxError {
  /** "SyntaxError", "ShapeError", …; "" for what is no error; "Deadline" for what took too long. */
  readonly name: string;
  readonly message: string;
  /** In the learner's code; undefined for what has none there. */
  readonly line?: number;
  readonly stack: string;
}

export interface SandboxOptions {
  /** The learner's code in TypeScript: what the program imports as `learner`. */
  readonly learner?: string;
  /** How many milliseconds it may run, once the library is loaded; as long as it likes by default. */
  readonly deadline?: number;
  /** How many milliseconds may pass without a message from it; as many as it likes by default. */
  readonly silence?: number;
}

/** More messages within a second than any program of ours sends. */
const mostMessages = 1000;

/**
 * Has the interface of a `Worker`, but for what its constructor takes, and for errors, which are told in words.
 *
 * @example
 * import main from "./train.sandboxed.ts?sandboxed"; // imports from "chainrule", and { default } from "learner"
 * const worker = new SandboxedWorker(main, { learner: source, silence: 5000 });
 * worker.onmessage = ({ data }) => show(data);
 * worker.postMessage({ kind: "start" });
 */
export class SandboxedWorker {
  /** Called with each message. */
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  /** Called when the library is loaded and the program begins. */
  onready: (() => void) | null = null;
  /** Called for what code throws, and for what took too long; the latter has ended it. */
  onerror: ((error: SandboxError) => void) | null = null;
  readonly #frame = document.createElement("iframe");
  readonly #channel = new MessageChannel();
  readonly #deadline: number;
  readonly #silence: number;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #second = 0;
  #messages = 0;
  #isReady = false;
  #hasEnded = false;

  /** @param main the text of a program: what is imported from its file with `?sandboxed`. */
  constructor(main: string, { learner, deadline = 0, silence = 0 }: SandboxOptions = {}) {
    this.#deadline = deadline;
    this.#silence = silence;
    this.#channel.port1.onmessage = ({ data }) => this.#receive(data);
    void this.#start(main, learner);
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.#channel.port1.postMessage(message, transfer);
  }

  /** Ends it at once, whatever it is doing. */
  terminate(): void {
    this.#hasEnded = true;
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#silenceTimer);
    this.#channel.port1.close();
    this.#frame.remove();
  }

  async #start(main: string, learner: string | undefined): Promise<void> {
    try {
      const [{ default: chainrule }, code] = await Promise.all([
        import("virtual:chainrule-runtime"),
        learner === undefined ? undefined : import("./prepare.ts").then(({ prepare }) => prepare(learner)),
      ]);
      if (this.#hasEnded) return;
      const modules = { chainrule, ...(code !== undefined && { learner: code }) };
      this.#frame.addEventListener("load", () =>
        // A frame without an origin has no name that could be given in place of "*"; it is ours, and gets no secret.
        this.#frame.contentWindow?.postMessage({ loader, modules, main }, "*", [this.#channel.port2]),
      );
      this.#frame.setAttribute("sandbox", "allow-scripts");
      this.#frame.srcdoc = sandboxDocument;
      this.#frame.hidden = true;
      this.#frame.title = "Where the code runs";
      document.body.append(this.#frame);
    } catch (error) {
      if (!this.#hasEnded) this.onerror?.(asSandboxError(error));
    }
  }

  #receive(sent: unknown): void {
    if (this.#hasEnded || typeof sent !== "object" || sent === null) return;
    const second = Math.floor(performance.now() / 1000);
    this.#messages = second === this.#second ? this.#messages + 1 : 1;
    this.#second = second;
    if (this.#messages > mostMessages) {
      this.#end(`It sent more than ${mostMessages} messages within a second, and was ended.`);
      return;
    }
    if ("ready" in sent && !this.#isReady) this.#begin();
    this.#listen();
    if ("error" in sent) this.onerror?.(asSandboxError(sent.error));
    else if ("data" in sent) this.onmessage?.({ data: sent.data });
  }

  #begin(): void {
    this.#isReady = true;
    if (this.#deadline > 0) {
      const words = `It ran longer than ${this.#deadline / 1000} s, and was ended.`;
      this.#deadlineTimer = setTimeout(() => this.#end(words), this.#deadline);
    }
    this.onready?.();
  }

  /** Waits for the next message. */
  #listen(): void {
    if (this.#silence === 0) return;
    clearTimeout(this.#silenceTimer);
    const words = `Nothing came from it for ${this.#silence / 1000} s, and it was ended.`;
    this.#silenceTimer = setTimeout(() => this.#end(words), this.#silence);
  }

  #end(message: string): void {
    this.terminate();
    this.onerror?.({ name: "Deadline", message, stack: "" });
  }
}

const mostCharacters = 20_000;

/** Whatever came, as an error of texts that are not too long. */
function asSandboxError(given: unknown): SandboxError {
  const { name, message, line, stack } = (given ?? {}) as Record<string, unknown>;
  const asText = (value: unknown) => (typeof value === "string" ? value.slice(0, mostCharacters) : "");
  return {
    name: asText(name),
    message: asText(message) || "an error without a message",
    line: typeof line === "number" && Number.isSafeInteger(line) && line > 0 ? line : undefined,
    stack: asText(stack),
  };
}
