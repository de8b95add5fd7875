/**
 * What follows from this room's state: the program, its numbers, the explanation, and what is to be seen of it.
 */
import { type BackwardData, explainBackward } from "@chainrule/explain";
import { batch, computed, type ReadonlySignal } from "@preact/signals";
import type { State } from "../../state/state.ts";
import type { fields } from "./fields.ts";
import type { NodeRole } from "./graph/node.tsx";
import { build, type Program, readProgram, withNumber } from "./language/program.ts";
import { type Frame, framesOf, type Seen, seen, seenAt } from "./story/frames.ts";
import { gradients, hasForward, isDataByName, type Loop } from "./story/loop.ts";
import type { Preset } from "./story/presets.ts";

export type ChainState = State<typeof fields>;

export interface Model {
  readonly state: ChainState;
  readonly program: ReadonlySignal<Program>;
  /** One for each of the program's leaves. */
  readonly numbers: ReadonlySignal<readonly number[]>;
  readonly isWeight: ReadonlySignal<readonly boolean[]>;
  /** The computation with these numbers. */
  readonly data: ReadonlySignal<BackwardData>;
  readonly frames: ReadonlySignal<readonly Frame[]>;
  readonly at: ReadonlySignal<number>;
  readonly loop: ReadonlySignal<Loop>;
  /** What the graph shows: in the training loop, what its passes have left behind. */
  readonly seen: ReadonlySignal<Seen>;
  readonly roles: ReadonlySignal<readonly NodeRole[]>;
}

export function createModel(state: ChainState): Model {
  const program = computed(() => readProgram(state.program.value));
  const numbers = computed(() =>
    program.value.leaves.map(({ name, initial, place }) =>
      place ? initial : (state.numbers.value.get(name) ?? initial),
    ),
  );
  const data = computed(() => explainBackward(build(program.value, numbers.value).result));
  const frames = computed(() => framesOf(data.value));
  const at = computed(() => Math.min(state.step.value, frames.value.length - 1));
  const loop = computed((): Loop => {
    const { length } = program.value.leaves;
    const passes = state.passes.value.filter((pass) => pass.length === length);
    const forwarded = state.forwarded.value.length === length ? state.forwarded.value : [];
    return { forwarded, passes, hasBackward: state.hasBackward.value && forwarded.length > 0 };
  });
  const isWeight = computed(() => {
    const { leaves } = program.value;
    const isData = leaves.map(({ name }) => isDataByName(name));
    // Where everything is called as data are, it is not.
    const byName = isData.every(Boolean) ? isData.map(() => true) : isData.map((each) => !each);
    const flipped = new Set(state.flipped.value);
    return byName.map((each, i) => each !== flipped.has(leaves[i].name));
  });
  const seenInLoop = computed(() => looped(program.value, data.value, numbers.value, loop.value));
  const inQuiz = computed(() =>
    withoutLocals(seen(data.value, { computed: new Set(data.value.nodes.map(({ id }) => id)), back: new Set() })),
  );
  return {
    ...{ state, program, numbers, data, frames, at, loop, isWeight },
    seen: computed(() => {
      if (state.mode.value === "loop") return seenInLoop.value;
      if (state.mode.value === "quiz") return inQuiz.value;
      return seenAt(data.value, frames.value, state.mode.value === "code" ? frames.value.length - 1 : at.value);
    }),
    roles: computed(() => {
      const byName = new Map(program.value.leaves.map(({ name }, i) => [name, isWeight.value[i]]));
      return data.value.nodes.map(({ kind, name }) =>
        kind === "constant" ? "constant" : kind === "op" ? "between" : byName.get(name) ? "weight" : "data",
      );
    }),
  };
}

/** Derivatives are asked for in the quiz. */
function withoutLocals({ nodes, edges }: Seen): Seen {
  return { nodes, edges: edges.map((edge) => ({ ...edge, local: null })) };
}

/** What the buttons of the loop have left: values of the last forward pass, gradients that have piled up. */
function looped(program: Program, now: BackwardData, numbers: readonly number[], loop: Loop): Seen {
  const isForward = hasForward(program, loop);
  const data = isForward ? explainBackward(build(program, loop.forwarded).result) : now;
  const all = new Set(data.nodes.map(({ id }) => id));
  const shown = seen(data, { computed: isForward ? all : new Set(), back: loop.hasBackward ? all : new Set() });
  const isOld = isForward && numbers.some((number, i) => !Object.is(number, loop.forwarded[i]));
  const index = new Map(program.leaves.map(({ name }, i) => [name, i]));
  const grads = gradients(program, loop);
  return {
    edges: shown.edges,
    nodes: shown.nodes.map((each, id) => {
      const { kind, name, inputs } = data.nodes[id];
      const leaf = kind === "input" ? index.get(name) : undefined;
      if (leaf === undefined) return { ...each, isOld: isOld && inputs.length > 0 };
      const gradient = loop.passes.length > 0 ? grads[leaf] : null;
      return { ...each, value: numbers[leaf], gradient, arrived: [] };
    }),
  };
}

/** No number is set to more than this. */
const largest = 1e9;

/** Sets some of the leaves' numbers, in the text where they stand there. */
export function setNumbers({ state, program, numbers }: Model, changed: readonly (number | undefined)[]): void {
  const { leaves } = program.value;
  let text = state.program.value;
  const kept = new Map(state.numbers.value);
  // From the end of the text, so that places before stay.
  const places = leaves.map((leaf, i) => ({ leaf, number: changed[i], before: numbers.value[i] }));
  places.sort((a, b) => (b.leaf.place?.start ?? 0) - (a.leaf.place?.start ?? 0));
  for (const { leaf, number, before } of places) {
    if (number === undefined || !Number.isFinite(number) || Object.is(number, before)) continue;
    const taken = Math.min(largest, Math.max(-largest, number));
    if (leaf.place) text = withNumber(text, leaf.place, taken);
    else kept.set(leaf.name, taken);
  }
  batch(() => {
    state.program.value = text;
    state.numbers.value = kept;
    // They were about other numbers.
    state.answers.value = [];
  });
}

/** Another program: what was done with the one before is over. */
export function setProgram({ state, program }: Model, text: string): void {
  batch(() => {
    state.program.value = text;
    const { leaves } = program.value;
    const names = new Set(leaves.map(({ name }) => name));
    state.numbers.value = new Map([...state.numbers.value].filter(([name]) => names.has(name)));
    state.preset.value = "own";
    startOver(state);
  });
}

export function takePreset({ state }: Model, preset: Preset): void {
  batch(() => {
    state.program.value = preset.program;
    state.numbers.value = new Map(preset.numbers);
    state.preset.value = preset.id;
    state.step.value = preset.step;
    state.flipped.value = [];
    startOver(state);
  });
}

function startOver(state: ChainState): void {
  state.forwarded.value = [];
  state.passes.value = [];
  state.hasBackward.value = false;
  state.answers.value = [];
}
