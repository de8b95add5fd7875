/**
 * Trains away from the page: the network as it is, and a second one that has also seen the visitor's drawings.
 */
import csvUrl from "../../../../examples/data/digits.csv?url";
import { type Methods, serve, tell } from "../../workers/call.ts";
import type { DigitsOptions, Drawing, Progress, Reading } from "./drawing.ts";
import { DigitsSession } from "./session.ts";

/** What the page may ask for. */
export interface DigitsWorker extends Methods {
  /** Trains a network from its first weights; epochs are told. */
  train(options: DigitsOptions): Promise<Progress>;
  /** The same training once more, then so many epochs with these drawings among the digits; null for no drawings. */
  teach(drawings: readonly Drawing[], epochs: number): Promise<Progress | null>;
  /** By the one, and by the other if there is one. */
  read(drawing: Drawing): { readonly trained: Reading; readonly taught: Reading | null };
}

const csv = fetch(csvUrl).then((response) => response.text());
let options: DigitsOptions | null = null;
let trained: DigitsSession | null = null;
let taught: DigitsSession | null = null;

const methods: DigitsWorker = {
  async train(given) {
    options = given;
    taught = null;
    trained = new DigitsSession(await csv, given);
    return trained.train(tell);
  },
  async teach(drawings, epochs) {
    taught = null;
    if (!options || drawings.length === 0) return null;
    const session = new DigitsSession(await csv, options);
    await session.train();
    const progress = await session.learn(drawings, epochs);
    taught = session;
    return progress;
  },
  read(drawing) {
    if (!trained) throw new Error("nothing has been trained yet");
    return { trained: trained.read(drawing), taught: taught?.read(drawing) ?? null };
  },
};

serve(methods);
