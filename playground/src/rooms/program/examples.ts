/**
 * Programs to begin with: the examples of the project and programs of its documentation that need no files.
 */
import { programsOf } from "../../../../docs/programs.ts";
import twoMoons from "./two-moons.txt?raw";

const scripts = import.meta.glob<string>("../../../../examples/{01,02,04,06,07,08,09}-*.ts", {
  query: "?raw",
  import: "default",
});
const pages = import.meta.glob<string>("../../../../docs/{pictures,explain,cross-entropy}.md", {
  query: "?raw",
  import: "default",
});

/** One program: what it is called, and its text, loaded when it is chosen. */
export interface Example {
  readonly title: string;
  load(): Promise<string>;
}

const script = (name: string) => async () => {
  const [, load] = Object.entries(scripts).find(([path]) => path.endsWith(`/${name}.ts`))!;
  // The output that a closing comment says is what the console is about to show.
  return (await load()).replace(/\n\/\* Output[\s\S]*?\*\/\s*$/, "");
};

const fromPage = (name: string, index: number) => async () => {
  const [, load] = Object.entries(pages).find(([path]) => path.endsWith(`/${name}.md`))!;
  return programsOf(await load())[index].code;
};

export const examples: Readonly<Record<string, Example>> = {
  moons: { title: "Two moons, trained and drawn", load: async () => twoMoons },
  "chain-rule": { title: "The chain rule, number by number", load: script("01-chain-rule") },
  mlp: { title: "A network of single numbers", load: script("02-scalar-mlp") },
  keras: { title: "A model in the manner of Keras", load: script("04-keras-style") },
  "cross-entropy": { title: "Cross-entropy in numbers", load: script("06-cross-entropy") },
  imbalance: { title: "Rare classes", load: script("07-imbalance") },
  overfitting: { title: "Overfitting, and what helps", load: script("08-overfitting") },
  loss: { title: "A new loss in ten lines", load: script("09-new-loss") },
  explain: { title: "Why a gradient is what it is", load: fromPage("explain", 0) },
};
