/**
 * A model's optimizer as PyTorch's: how it is made, its rates by step, and what it remembers.
 */
import { type Parameter, type Tensor, tensor } from "@chainrule/core";
import { sameShape } from "@chainrule/core/internal";
import type { Module, Optimizer } from "@chainrule/nn";
import { checkStepOptions, optimizerCall, optimizerText } from "./counterparts/optimizers.ts";
import { formulaOf } from "./counterparts/schedules.ts";
import type { ModuleWriter } from "./module-writer.ts";

const where = "exportPyTorch";

/** Writes the optimizer of a model whose modules are written. */
export class OptimizerWriter {
  readonly #model: Module<unknown>;
  readonly #modules: ModuleWriter;
  /** How many rates of a schedule of one's own are written down. */
  readonly #scheduleSteps: number;
  readonly #notes: string[];

  /** @param notes gets what the reader of the program must know. */
  constructor(model: Module<unknown>, modules: ModuleWriter, scheduleSteps: number, notes: string[]) {
    this.#model = model;
    this.#modules = modules;
    this.#scheduleSteps = scheduleSteps;
    this.#notes = notes;
  }

  lines(optimizer: Optimizer): { lines: string[]; helpers: string[]; rates: (string | null)[] } {
    checkStepOptions(where, optimizer);
    const names = this.#torchNames();
    const helpers = new Set<string>();
    const rates: (string | null)[] = [];
    const groups = optimizer.groups.flatMap((group) => {
      const parameters = [...("parameters" in group.source ? group.source.parameters() : group.source)];
      const text = optimizerText(where, optimizer.rule, group.hyper);
      if (text.helper) helpers.add(text.helper);
      const rate = this.#rate(group.hyper.lr, helpers);
      // Muon steps tables and vectors as Adam does.
      const parts =
        text.name === "Muon"
          ? [true, false].map((matrices) => ({
              parameters: parameters.filter((p) => this.#isMuonMatrix(optimizer, p) === matrices),
              text: { ...text, options: { ...text.options, matrices } },
            }))
          : [{ parameters, text }];
      return parts
        .filter((part) => part.parameters.length > 0)
        .map((part) => {
          rates.push(rate);
          return { ...part, lr: group.lr.item() };
        });
    });
    const [first] = groups;
    const all = this.#model.parameters();
    // A frozen weight may be left out: it is not updated either way.
    const isWhole = all.every((own) => !own.requiresGrad || first.parameters.includes(own));
    if (groups.length === 1 && isWhole)
      return {
        lines: [`optimizer = ${optimizerCall(first.text, "model.parameters()", first.lr)}`],
        helpers: [...helpers],
        rates,
      };
    const lines = ["named = dict(model.named_parameters())", "groups = ["];
    for (const { parameters, text, lr } of groups) {
      const list = parameters.map((p) => `named[${JSON.stringify(names.get(p))}]`).join(", ");
      const options = optimizerCall(text, "", lr)
        .replace(/^[^(]*\(, /, "")
        .slice(0, -1);
      lines.push(`    dict(params=[${list}], ${options}),`);
    }
    lines.push("]", `optimizer = ${first.text.name}(groups, lr=${first.lr})`);
    return { lines, helpers: [...helpers], rates };
  }

  #isMuonMatrix(optimizer: Optimizer, parameter: Parameter): boolean {
    const i = optimizer.parameters.indexOf(parameter);
    return parameter.rank === 2 && !optimizer.namedVariables().has(`${i}.v`);
  }

  #rate(lr: number | ((step: number) => number), helpers: Set<string>): string | null {
    if (typeof lr === "number") return null;
    const text = formulaOf(lr)?.("t");
    if (text === undefined) {
      const rates = Array.from({ length: this.#scheduleSteps }, (_, i) => lr(i));
      const name = `rates_${this.#modules.constants.size + 1}`;
      this.#modules.constants.set(name, tensor(Float64Array.from(rates)));
      this.#notes.push(
        `The schedule of the learning rate is a function of your own: its first ${rates.length} rates are in constants.safetensors. Write its formula into learning_rates.`,
      );
      return `CONSTANTS["${name}"][t].item()`;
    }
    for (const name of ["cosine_restarts", "one_cycle"]) if (text.includes(`${name}(`)) helpers.add(name);
    return text;
  }

  /** What PyTorch calls each weight that is made of one of ours. */
  #torchNames(): Map<Parameter, string> {
    return new Map([...this.#modules.state()].flatMap(([name, { ours }]) => (ours ? [[ours, name] as const] : [])));
  }

  /** What the optimizer remembers, by PyTorch's names. */
  state(optimizer: Optimizer): Record<string, Tensor> {
    const variables = optimizer.namedVariables();
    const layouts = this.#modules.state();
    const names = this.#torchNames();
    const found: Record<string, Tensor> = {};
    optimizer.parameters.forEach((weight, i) => {
      const name = names.get(weight);
      const hyper = optimizer.groups.find(({ source }) =>
        [...("parameters" in source ? source.parameters() : source)].includes(weight),
      )!.hyper;
      const { slots, counts } = optimizerText(where, optimizer.rule, hyper);
      const step = this.#stepsOf(optimizer, i);
      if (name === undefined || step === 0) return;
      const { toTorch, isTransposed } = layouts.get(name)!;
      if (counts) found[`${name}.step`] = tensor(step, { dtype: "float32" });
      for (const [ours, theirs] of Object.entries(slots)) {
        // Means of rows become means of columns where the matrix is transposed.
        const turned: Readonly<Record<string, string>> = isTransposed ? { rows: "columns", columns: "rows" } : {};
        const from = turned[ours] ?? ours;
        const value = variables.get(`${i}.${from}`)?.detach();
        if (value) found[`${name}.${theirs}`] = sameShape(value.shape, weight.shape) ? toTorch(value) : value;
      }
    });
    return found;
  }

  /** How many steps a weight has seen; a shared count goes by its first name. */
  #stepsOf(optimizer: Optimizer, i: number): number {
    const own = optimizer.stateDict()[`${i}.step`];
    return own === undefined ? 0 : own.item();
  }
}
