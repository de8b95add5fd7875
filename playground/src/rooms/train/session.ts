/**
 * The page's side of the protocol: what the worker said last, and what to ask it for.
 */
import { type Signal, signal } from "@preact/signals";
import { columns } from "./curve.ts";
import type { Begun, Details, Diagnosis, Reply, Request, TrainingFrame } from "./protocol.ts";
import { type ModelSettings, own, type Settings } from "./settings.ts";

/** What trains: a worker, or what looks like one. */
export interface Trainer {
  postMessage(request: Request): void;
  onmessage: ((event: { readonly data: Reply }) => void) | null;
  onerror: ((event: { readonly message: string }) => void) | null;
  terminate(): void;
}

/** A frame, with the whole of each curve. */
export interface Shown {
  readonly step: number;
  readonly trainings: readonly ShownTraining[];
}

/** A frame of one training with the last details, which may be some frames old while it trains. */
export type ShownTraining = Omit<TrainingFrame, "details"> & Details & { readonly whole: Float64Array };

const workerOfOurs = (): Trainer =>
  new Worker(new URL("./train.worker.ts", import.meta.url), { type: "module", name: "train" }) as unknown as Trainer;

/** A training in a worker, drawn as often as the screen is. */
export class Session {
  /** What does not change while it trains; null until it has begun. */
  readonly begun = signal<Begun | null>(null);
  /** Changes with every frame: those who draw by hand `subscribe`. */
  readonly frame = signal<Shown | null>(null);
  /** A few times a second: for texts and tables. */
  readonly slow = signal<Shown | null>(null);
  readonly isPlaying = signal(false);
  readonly rates = signal({ steps: 0, frames: 0 });
  readonly problem = signal("");
  readonly diagnosis = signal<Diagnosis | null>(null);
  readonly pytorch = signal<string | null>(null);
  #trainer: Trainer | null = null;
  /** The source of the learner's loss that it trains with; null for the library's losses. */
  #learner: string | null = null;
  #run = 0;
  #curves: Float64Array[] = [];
  #details: Details[] = [];
  #isAsked = false;
  #isDirty = false;
  #arrived: Shown | null = null;
  #hasDetails = false;
  #animation = 0;
  #drawn = { since: 0, count: 0, slow: 0 };
  readonly #sandbox: (learner: string) => Trainer;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  /** @param sandbox makes what trains with a learner's loss, of its source. */
  constructor(sandbox: (learner: string) => Trainer) {
    this.#sandbox = sandbox;
    const tick = (now: number) => {
      this.#animation = requestAnimationFrame(tick);
      this.#tick(now);
    };
    this.#animation = requestAnimationFrame(tick);
  }

  /** Ends the worker. */
  end(): void {
    cancelAnimationFrame(this.#animation);
    clearInterval(this.#heartbeat);
    this.#trainer?.terminate();
    this.#trainer = null;
  }

  /** Begins anew with these settings, and goes to a step. */
  start(settings: Settings, other: ModelSettings | null, step: number): void {
    const wasPlaying = this.isPlaying.peek();
    const learners = [settings, other].flatMap((each) => (each?.loss === own ? [each.ownLoss] : []));
    const [learner = null] = learners;
    if (learners.some((each) => each !== learner)) {
      this.pause();
      this.begun.value = null;
      this.problem.value =
        "Two losses of one's own are not compared here: one of the two settings needs a loss of the library, or the same one.";
      return;
    }
    if (this.#trainer === null || this.#learner !== learner) this.#begin(learner);
    this.#run++;
    this.#curves = [];
    this.#arrived = null;
    this.#isAsked = false;
    this.problem.value = "";
    this.diagnosis.value = null;
    this.pytorch.value = null;
    this.#send({ type: "start", run: this.#run, settings, other, step });
    this.#isDirty = true;
    if (wasPlaying) this.play(this.#speed);
  }

  #begin(learner: string | null): void {
    this.#trainer?.terminate();
    clearInterval(this.#heartbeat);
    this.#learner = learner;
    const trainer = learner === null ? workerOfOurs() : this.#sandbox(learner);
    trainer.onmessage = ({ data }) => this.#hear(data);
    trainer.onerror = (event) => {
      this.isPlaying.value = false;
      this.begun.value = null;
      this.problem.value = event.message || "The worker that trains has ended.";
      trainer.terminate();
      this.#trainer = null;
    };
    this.#trainer = trainer;
    if (learner === null) return;
    // The sandbox ends what says nothing.
    this.#heartbeat = setInterval(() => {
      this.#isDirty = true;
    }, 2000);
  }

  #speed = Number.POSITIVE_INFINITY;

  /** Goes on by itself, at most so many steps a second. */
  play(speed: number): void {
    this.#speed = speed;
    this.isPlaying.value = true;
    this.#send({ type: "play", speed });
  }

  pause(): void {
    this.isPlaying.value = false;
    this.#send({ type: "pause" });
    this.#isDirty = true;
  }

  /** Takes so many steps. */
  step(count: number): void {
    this.pause();
    this.#send({ type: "step", count });
  }

  /** Goes to a step, back or on. */
  to(step: number): void {
    this.pause();
    this.#send({ type: "to", step });
  }

  diagnose(): void {
    this.#send({ type: "diagnose" });
  }

  writePyTorch(steps: number): void {
    this.#send({ type: "pytorch", steps });
  }

  #send(request: Request): void {
    this.#trainer?.postMessage(request);
  }

  #hear(reply: Reply): void {
    try {
      this.#take(reply);
    } catch {
      // In the sandbox, a learner's code may send whatever it likes.
      this.problem.value = "What the training sent could not be read.";
    }
  }

  #take(reply: Reply): void {
    if (reply.run !== this.#run) return;
    if (reply.type === "begun") this.begun.value = reply;
    else if (reply.type === "problem") {
      this.problem.value = reply.message;
      this.isPlaying.value = false;
      this.#isAsked = false;
      this.begun.value = null;
    } else if (reply.type === "diagnosis") this.diagnosis.value = reply;
    else if (reply.type === "pytorch") this.pytorch.value = reply.text;
    else {
      this.#isAsked = false;
      this.rates.value = { ...this.rates.peek(), steps: reply.stepsPerSecond };
      this.#hasDetails ||= reply.trainings[0].details !== null;
      this.#arrived = { step: reply.step, trainings: reply.trainings.map((each, i) => this.#grown(each, i)) };
    }
  }

  #grown({ details, ...frame }: TrainingFrame, i: number): ShownTraining {
    const before = this.#curves[i] ?? new Float64Array(0);
    this.#details[i] = details ?? this.#details[i];
    const known = { ...frame, ...this.#details[i] };
    if (frame.curve.length === 0) return { ...known, whole: before };
    const whole = new Float64Array(before.length + frame.curve.length);
    whole.set(before);
    whole.set(frame.curve, before.length);
    this.#curves[i] = whole;
    return { ...known, whole };
  }

  #tick(now: number): void {
    if (this.#arrived) {
      const shown = this.#arrived;
      this.#arrived = null;
      this.frame.value = shown;
      this.#drawn.count++;
      if (this.#hasDetails) {
        this.#hasDetails = false;
        this.slow.value = shown;
      }
    }
    if (now - this.#drawn.since >= 1000) {
      const frames = (this.#drawn.count * 1000) / (now - this.#drawn.since);
      if (this.isPlaying.peek()) this.rates.value = { ...this.rates.peek(), frames };
      this.#drawn = { ...this.#drawn, since: now, count: 0 };
    }
    if (this.#isAsked || !(this.isPlaying.peek() || this.#isDirty)) return;
    this.#isAsked = true;
    this.#isDirty = false;
    const details = !this.isPlaying.peek() || now - this.#drawn.slow > 250;
    if (details) this.#drawn.slow = now;
    this.#send({ type: "frame", known: this.#curves.map(({ length }) => length / columns.length), details });
  }
}

/**
 * Draws a signal's value at the moment and when it changes, every so many times; the last one soon, in any case. Returns what
 * ends it.
 */
export function drawing<T>(source: Signal<T | null>, draw: (value: T) => void, every = 1): () => void {
  let count = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = source.subscribe((value) => {
    clearTimeout(timer);
    if (value === null) return;
    if (count++ % every === 0) draw(value);
    else timer = setTimeout(draw, 60, value);
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}
