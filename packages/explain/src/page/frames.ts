/**
 * What the page tells, step by step: the values on the way there, then the gradients on the way back.
 */
import { texName } from "../explanation/formula.ts";
import type { BackwardData, BackwardStep, ExplainedNode, Numbers, Sent } from "../explanation/types.ts";
import type { Question } from "../quiz/question.ts";
import type { Folding, Group } from "./fold.ts";
import { formulaHtml } from "./formula.ts";
import { arrowOf, boxOf } from "./graph.ts";
import { escaped, numbersHtml, shown, spoken } from "./html.ts";

/** One step of the page. */
export interface Frame {
  readonly id: string;
  readonly heading: string;
  /** The folded layer that it is a step within; null for all others. */
  readonly group: number | null;
  /** The layer that it tells of as a whole; null for all others. */
  readonly opens: number | null;
  /** The boxes and arrows that it is about, in the drawing of its group or of everything. */
  readonly boxes: readonly string[];
  readonly arrows: readonly string[];
  /** The boxes whose value, and whose gradient, is known from here on. */
  readonly values: readonly string[];
  readonly gradients: readonly string[];
  /** What is read aloud. */
  readonly say: string;
  /** With what is hidden until it was predicted in elements of class `reveal`. */
  readonly html: string;
  /** What is to be predicted; null for nothing. */
  readonly prediction: Question | null;
}

/** With what frames are made. */
interface Making {
  readonly data: BackwardData;
  readonly folding: Folding;
  /** What is asked about a node before its frame shows it. */
  readonly predictions: {
    readonly forward: (node: ExplainedNode) => Question | null;
    readonly backward: (step: BackwardStep) => Question | null;
  };
}

/** All steps in order. */
export function framesOf(making: Making): Frame[] {
  const { data, folding } = making;
  const forward = data.nodes.filter(({ inputs }) => inputs.length > 0);
  const order = new Map(data.steps.map(({ node }, i) => [node, i]));
  return [
    givenFrame(making),
    ...inGroups(
      folding,
      forward.map((node) => ({ node: node.id, frame: forwardFrame(making, node) })),
      (group) => layerForward(making, group),
    ),
    ...inGroups(
      folding,
      data.steps.map((step) => ({ node: step.node, frame: backwardFrame(making, step, order) })),
      (group) => layerBackward(making, group),
    ),
    resultFrame(making),
  ];
}

/** The steps of a layer stand together, where the last of them is, behind one that tells of the layer as a whole. */
function inGroups(
  { groups, groupOf }: Folding,
  steps: readonly { readonly node: number; readonly frame: Frame }[],
  wholeOf: (group: Group) => Frame,
): Frame[] {
  const last = new Map<number, number>();
  steps.forEach(({ node }, i) => {
    const group = groupOf[node];
    if (group !== null) last.set(group, i);
  });
  return steps.flatMap(({ node, frame }, i) => {
    const group = groupOf[node];
    if (group === null) return [frame];
    if (last.get(group) !== i) return [];
    const own = steps.filter((step) => groupOf[step.node] === group).map((step) => step.frame);
    return [wholeOf(groups[group]), ...own];
  });
}

const nameHtml = (name: string) => `<b class="name">${escaped(name)}</b>`;

/** A name and its numbers. */
function labelled(name: string, numbers: Numbers, className = "block"): string {
  return `<div class="${className}"><span class="label">${nameHtml(name)}</span>${numbersHtml(numbers, name)}</div>`;
}

function derivative({ nodes, result }: BackwardData, id: number): { text: string; tex: string } {
  const [of, by] = [nodes[result].name, nodes[id].name];
  return { text: `d${of}/d${by}`, tex: `\\frac{d ${texName(of)}}{d ${texName(by)}}` };
}

const kinds = { parameter: "weights", input: "given", constant: "constants", op: "" };

function givenFrame({ data, folding }: Making): Frame {
  const isOwn = ({ id, inputs, kind }: ExplainedNode) =>
    inputs.length === 0 && kind !== "constant" && (folding.groupOf[id] === null || kind === "parameter");
  const leaves = data.nodes.filter(isOwn);
  const boxes = [
    ...new Set(data.nodes.filter(({ inputs }) => inputs.length === 0).map(({ id }) => boxOf(folding, null, id))),
  ];
  const own = boxes.filter((box) => box.startsWith("n"));
  const all = data.nodes.filter(({ inputs }) => inputs.length === 0).map(({ id }) => `n${id}`);
  return {
    id: "given",
    heading: "What is given",
    group: null,
    opens: null,
    boxes: own,
    arrows: [],
    values: all,
    gradients: [],
    say: `What is given: ${leaves.map(({ name, value }) => `${name}, ${spoken(value)}`).join("; ")}.`,
    html: `<p>Everything below is computed of these. Then the chain rule goes back to them.</p>${leaves
      .map(({ name, value, kind }) => labelled(kind === "parameter" ? name : `${name} (${kinds[kind]})`, value))
      .join("")}`,
    prediction: null,
  };
}

function forwardFrame({ data, folding, predictions }: Making, node: ExplainedNode): Frame {
  const { id, name, op, inputs, formula, value, note, line } = node;
  const group = folding.groupOf[id];
  const only = group === null ? null : folding.groups[group];
  const key = boxOf(folding, only, id);
  const used = [...new Set(inputs)].map((input) => data.nodes[input]).filter(({ kind }) => kind !== "constant");
  const how = formula
    ? formulaHtml({ text: `${name} = ${formula.text}`, tex: `${texName(name)} = ${formula.tex}` }, true)
    : `<p>${escaped(note ?? "")}</p>`;
  return {
    id: `forward-${id}`,
    heading: `Forward: ${name}`,
    group,
    opens: null,
    boxes: [key],
    arrows: inputs.map((input, argument) => arrowOf(boxOf(folding, only, input), key, argument)),
    values: [`n${id}`],
    gradients: [],
    say: `Forward: ${name} is ${formula?.text ?? op}, ${spoken(value)}.`,
    html: `<p>${nameHtml(name)} is made by <code>${escaped(op ?? "")}</code>${line ? ` at <code>${escaped(line)}</code>` : ""}.</p>${how}
<div class="blocks">${used.map((input) => labelled(input.name, input.value)).join("")}${labelled(name, value, "block result reveal")}</div>`,
    prediction: predictions.forward(node),
  };
}

function backwardFrame(
  { data, folding, predictions }: Making,
  step: BackwardStep,
  order: ReadonlyMap<number, number>,
): Frame {
  const { nodes, result } = data;
  const { node: id, gradient, terms, sends, beforeHooks } = step;
  const node = nodes[id];
  const group = folding.groupOf[id];
  const only = group === null ? null : folding.groups[group];
  const key = boxOf(folding, only, id);
  const self = derivative(data, id);
  const prediction = predictions.backward(step);
  const asksGradient = prediction?.kind === "gradient";
  const begins = id === result && terms.length === 0;
  const lead = begins
    ? `<p>Here the way back begins: the derivative of ${nameHtml(node.name)} by itself is 1.</p>`
    : terms.length > 1
      ? meeting(data, step)
      : terms.length === 1
        ? `<p>From ${nameHtml(nodes[terms[0].from].name)} came</p>`
        : "<p>Nothing was sent here.</p>";
  const hooked = beforeHooks ? `<p>A hook made this of</p>${numbersHtml(beforeHooks, "before the hook")}` : "";
  const whole = `<div class="blocks"><div class="block result${asksGradient ? " reveal" : ""}"><span class="label">${formulaHtml(self)}</span>${numbersHtml(gradient, self.text)}</div></div>`;
  const way =
    sends.length > 0
      ? `<p>${nameHtml(node.name)} = <code>${escaped(node.op ?? "")}</code> sends back, to each that it was made of, this times its local derivative:</p>`
      : leafText(node);
  const said = sends.map(({ to, sent }) => `to ${nodes[to].name} ${spoken(sent)}`);
  return {
    id: `backward-${id}`,
    heading: `Backward: ${node.name}`,
    group,
    opens: null,
    boxes: [key],
    arrows: sends.map(({ to, argument }) => arrowOf(boxOf(folding, only, to), key, argument)),
    values: [],
    gradients: [`n${id}`],
    say: `Backward: ${self.text} is ${terms.length > 1 ? `the sum of ${terms.length} paths, ` : ""}${spoken(gradient)}.${said.length > 0 ? ` Sent: ${said.join("; ")}.` : ""}`,
    html: `${lead}${whole}${hooked}${way}${sends.map((sent) => sendHtml(data, step, sent, order)).join("")}`,
    prediction,
  };
}

function leafText({ name, kind }: ExplainedNode): string {
  return kind === "parameter"
    ? `<p>A step of gradient descent moves ${nameHtml(name)} against it.</p>`
    : `<p>${nameHtml(name)} was made of nothing: here the way ends.</p>`;
}

/** What several uses sent, one below the other, to be added up. */
function meeting(data: BackwardData, { node, terms }: BackwardStep): string {
  const rows = terms.map(
    ({ from, sent }, i) =>
      `<div class="block term"><span class="label">${i === 0 ? "" : '<span class="sign">+</span> '}from ${nameHtml(data.nodes[from].name)}</span>${numbersHtml(sent, `from ${data.nodes[from].name}`)}</div>`,
  );
  return `<p>${terms.length} paths meet at ${nameHtml(data.nodes[node].name)}. What they bring is added up: <code>+=</code>, not <code>=</code>.</p><div class="blocks">${rows.join("")}</div>`;
}

/** From above, times the local derivative, is what is sent. */
function sendHtml(
  data: BackwardData,
  { node, gradient }: BackwardStep,
  sent: Sent,
  order: ReadonlyMap<number, number>,
): string {
  const { nodes } = data;
  const [from, target] = [nodes[node], nodes[sent.to]];
  const { local, formula } = sent;
  const partial = `∂${from.name}/∂${target.name}`;
  const above = derivative(data, node);
  const localLine = local.formula ? formulaHtml(local.formula, true) : "";
  const blocks = [
    `<div class="block"><span class="label">${formulaHtml(above)}</span>${numbersHtml(gradient, above.text)}</div>`,
  ];
  const isShown = local.numbers && (local.form === "elementwise" || local.numbers.shape.length <= 2);
  if (local.numbers && isShown)
    blocks.push(
      `<span class="sign">×</span><div class="block"><span class="label">local derivative</span>${numbersHtml(local.numbers, partial)}</div>`,
    );
  const sentLabel = formula && !isShown ? formulaHtml(formula) : `sent to ${nameHtml(target.name)}`;
  blocks.push(
    `<span class="sign">${isShown ? "=" : "→"}</span><div class="block result reveal"><span class="label">${sentLabel}</span>${numbersHtml(sent.sent, `sent to ${target.name}`)}</div>`,
  );
  const howOften = countOf(gradient) / countOf(sent.sent);
  const summed = sent.isSummed
    ? `<p class="note">Each number of ${nameHtml(target.name)} was used ${howOften} times; what these uses send is added up.</p>`
    : "";
  const large = sent.sent.values
    ? ""
    : `<p class="note">${shown(sent.gain)} times as long as ${formulaHtml(above)}.</p>`;
  const later = (order.get(sent.to) ?? 0) > (order.get(node) ?? 0) && nodes[sent.to].inputs.length > 0;
  return `<section class="send"><h4>to ${later ? `<a href="#backward-${sent.to}">${escaped(target.name)}</a>` : escaped(target.name)}</h4>${localLine}<div class="blocks equation">${blocks.join("")}</div>${summed}${large}</section>`;
}

const countOf = ({ shape }: Numbers) => shape.reduce((product, n) => product * n, 1);

/** The nodes of others that a layer is made of, and those of its own that others use or that are the result. */
function boundaryOf({ nodes, result }: BackwardData, { nodes: own }: Group) {
  const inside = new Set(own);
  const inputs = [...new Set(own.flatMap((id) => nodes[id].inputs))].filter((id) => !inside.has(id));
  const isUsed = (id: number) =>
    id === result || nodes.some((node) => !inside.has(node.id) && node.inputs.includes(id));
  return {
    inputs: inputs.map((id) => nodes[id]).filter(({ kind }) => kind !== "constant"),
    weights: own.map((id) => nodes[id]).filter(({ kind }) => kind === "parameter"),
    outputs: own.filter(isUsed).map((id) => nodes[id]),
  };
}

function layerForward({ data, folding }: Making, group: Group): Frame {
  const { inputs, weights, outputs } = boundaryOf(data, group);
  const key = `g${group.id}`;
  const list = (nodes: readonly ExplainedNode[], className?: string) =>
    nodes.map(({ name, value }) => labelled(name, value, className)).join("");
  return {
    id: `forward-${key}`,
    heading: `Forward: ${group.name}`,
    group: null,
    opens: group.id,
    boxes: [key],
    arrows: inputs.map(({ id }) => arrowOf(boxOf(folding, null, id), key, 0)),
    values: [key],
    gradients: [],
    say: `Forward: ${group.name} makes ${outputs.map(({ name, value }) => `${name}, ${spoken(value)}`).join("; ")}.`,
    html: `<p>${nameHtml(group.name)}, ${group.nodes.length} nodes.</p><div class="blocks">${list([...inputs, ...weights])}${list(outputs, "block result reveal")}</div>`,
    prediction: null,
  };
}

function layerBackward({ data, folding }: Making, group: Group): Frame {
  const { inputs, weights, outputs } = boundaryOf(data, group);
  const key = `g${group.id}`;
  const inside = new Set(group.nodes);
  const gradients = new Map(data.steps.map(({ node, gradient }) => [node, gradient]));
  const block = (node: ExplainedNode, className: string) => {
    const gradient = gradients.get(node.id);
    const self = derivative(data, node.id);
    return gradient
      ? `<div class="${className}"><span class="label">${formulaHtml(self)}</span>${numbersHtml(gradient, self.text)}</div>`
      : "";
  };
  const sent = data.steps
    .filter(({ node }) => inside.has(node))
    .flatMap(({ sends }) => sends.filter(({ to }) => !inside.has(to)))
    .map(
      ({ to, sent: numbers }) =>
        `<div class="block result reveal"><span class="label">sent to ${nameHtml(data.nodes[to].name)}</span>${numbersHtml(numbers, `sent to ${data.nodes[to].name}`)}</div>`,
    );
  return {
    id: `backward-${key}`,
    heading: `Backward: ${group.name}`,
    group: null,
    opens: group.id,
    boxes: [key],
    arrows: inputs.map(({ id }) => arrowOf(boxOf(folding, null, id), key, 0)),
    values: [],
    gradients: [key],
    say: `Backward: ${group.name}. ${weights.map(({ id, name }) => (gradients.has(id) ? `Gradient of ${name}: ${spoken(gradients.get(id)!)}` : "")).join(". ")}`,
    html: `<p>From above came</p><div class="blocks">${outputs.map((node) => block(node, "block")).join("")}</div><p>${nameHtml(group.name)} sends on, and leaves its weights</p><div class="blocks">${sent.join("")}${weights.map((node) => block(node, "block result reveal")).join("")}</div>`,
    prediction: null,
  };
}

function resultFrame({ data }: Making): Frame {
  const leaves = data.steps
    .filter(({ node }) => data.nodes[node].inputs.length === 0)
    .sort((one, other) => one.node - other.node);
  const parts = leaves.map(({ node, gradient }) => ({ self: derivative(data, node), gradient }));
  return {
    id: "result",
    heading: "The gradients",
    group: null,
    opens: null,
    boxes: leaves.map(({ node }) => `n${node}`),
    arrows: [],
    values: [],
    gradients: [],
    say: `The gradients: ${parts.map(({ self, gradient }) => `${self.text}, ${spoken(gradient)}`).join("; ")}.`,
    html: `<p>This is what <code>backward()</code> leaves in <code>grad</code>.</p>${parts
      .map(
        ({ self, gradient }) =>
          `<div class="block"><span class="label">${formulaHtml(self)}</span>${numbersHtml(gradient, self.text)}</div>`,
      )
      .join("")}`,
    prediction: null,
  };
}
