/**
 * Runs the programs away from the page.
 */
import type { Program } from "../../../../packages/nn/test/diagnose/everything.ts";
import { type Methods, serve } from "../../workers/call.ts";
import { findingsOf, type Told, type Trained, toldBy, train } from "./run.ts";

/** What the page may ask for. */
export interface ProgramsWorker extends Methods {
  train(name: string): Promise<Trained>;
  diagnose(name: string): Promise<Told[]>;
}

type Module = { readonly program: () => Program };
const modules: Readonly<Record<string, Module>> = {
  ...import.meta.glob<Module>("../../../../packages/nn/test/diagnose/broken/*.ts", { eager: true }),
  ...import.meta.glob<Module>("../../../../packages/nn/test/diagnose/sound/*.ts", { eager: true }),
};

function programOf(name: string): Program {
  const path = Object.keys(modules).find((each) => each.endsWith(`/${name}.ts`));
  if (!path) throw new RangeError(`no program ${name}`);
  return modules[path].program();
}

const methods: ProgramsWorker = {
  train: (name) => train(programOf(name)),
  diagnose: async (name) => toldBy(await findingsOf(programOf(name))),
};

serve(methods);
