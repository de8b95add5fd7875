/**
 * All that could be asked about an explanation.
 */
import { six, term } from "../explanation/names.ts";
import type { BackwardData, BackwardStep, Numbers, Sent } from "../explanation/types.ts";
import { inLine, summary } from "../text/numbers.ts";
import { type Contribution, contributionsTo, indexOf } from "./contributions.ts";
import type { Question, Slip } from "./question.ts";
import { gradientName, onlyOne, type SentNumber, slip, slipsOfSent, totalOf, withoutMean } from "./slips.ts";

/** A number that could be asked for: what it is, and the question when it is wanted. */
export interface Candidate {
  readonly answer: number;
  readonly slips: readonly Slip[];
  question(): Question;
}

/** So many places of one tensor are looked at. */
const mostPlaces = 12;
/** So many terms are written in a solution. */
const mostTerms = 6;

/** Everything that could be asked, step by step. */
export function candidatesOf(data: BackwardData, lr: number): Candidate[] {
  return data.steps.flatMap((step) => [
    ...step.sends.flatMap((sent) => [...sentCandidates(data, step, sent), ...localCandidates(data, step, sent)]),
    ...gradientCandidates(data, step),
    ...updateCandidates(data, step, lr),
  ]);
}

/** Some places, spread over all: the first, the last, and in two dimensions those off the diagonal. */
function placesOf({ values = [] }: Numbers): number[] {
  const count = values.length;
  if (count <= mostPlaces) return values.map((_, i) => i);
  return Array.from({ length: mostPlaces }, (_, i) => Math.round((i * (count - 1)) / (mostPlaces - 1)));
}

/** `w`, or an element of it: `w[0, 2]`. */
function elementName(name: string, place: number, shape: readonly number[]): string {
  return shape.length === 0 ? name : `${name}[${indexOf(place, shape).join(", ")}]`;
}

function equation(name: string, numbers: Numbers): string {
  return `${name} = ${inLine(numbers) ?? summary(numbers)}`;
}

/** The value of a node, as a line of what is given, with how it was made. */
function valueLine({ nodes }: BackwardData, id: number): string {
  const { name, formula, value, kind } = nodes[id];
  return equation(kind === "op" && formula ? `${name} = ${formula.text}` : name, value);
}

function givenFor(data: BackwardData, step: BackwardStep): string[] {
  const inputs = [...new Set(data.nodes[step.node].inputs)].filter((input) => data.nodes[input].kind !== "constant");
  return [
    ...inputs.map((input) => equation(data.nodes[input].name, data.nodes[input].value)),
    valueLine(data, step.node),
    equation(gradientName(data, step.node), step.gradient),
  ];
}

/** `2 × 3 + 1 × 4 = 10` */
function productsText(contributions: readonly Contribution[], answer: number): string {
  const shown = contributions.slice(0, mostTerms).map(({ upstream, local }) => `${term(upstream)} × ${term(local)}`);
  return `${[...shown, ...(contributions.length > mostTerms ? ["…"] : [])].join(" + ")} = ${six(answer)}`;
}

function numbersAt(data: BackwardData, step: BackwardStep, sent: Sent): (SentNumber & { answer: number })[] {
  return placesOf(sent.sent).flatMap((place) => {
    const contributions = contributionsTo(data, step, sent, place);
    if (contributions === null || contributions.length === 0) return [];
    return [{ data, step, sent, place, contributions, answer: totalOf(contributions) }];
  });
}

function sentCandidates(data: BackwardData, step: BackwardStep, sent: Sent): Candidate[] {
  return numbersAt(data, step, sent).map((number) => {
    const { place, answer, contributions } = number;
    const slips = slipsOfSent(number);
    return {
      answer,
      slips,
      question() {
        const [node, target] = [data.nodes[step.node], data.nodes[sent.to]];
        const element = elementName(target.name, place, sent.sent.shape);
        const above = gradientName(data, step.node);
        return {
          kind: "sent",
          node: step.node,
          input: sent.to,
          place,
          ask: `What does ${node.name} send back to ${element}?`,
          given: givenFor(data, step),
          answer,
          slips,
          solution: `${above} × ∂${node.name}/∂${element} = ${productsText(contributions, answer)}`,
        };
      },
    };
  });
}

function localCandidates(data: BackwardData, step: BackwardStep, sent: Sent): Candidate[] {
  const isTrivial = sent.local.formula && /= -?[\d.]+$/.test(sent.local.formula.text);
  if (isTrivial || sent.local.form !== "elementwise") return [];
  return numbersAt(data, step, sent)
    .filter(({ contributions }) => contributions.length === 1)
    .map((number) => {
      const { place, contributions } = number;
      const [{ local: answer, upstream }] = contributions;
      const [node, target] = [data.nodes[step.node], data.nodes[sent.to]];
      const atOutput = slipsOfSent({ ...number, contributions: [{ local: answer, upstream: 1, place }] });
      const other = step.sends.find(({ to }) => to !== sent.to);
      const slips = [
        slip("sign", -answer, "The size is right, the sign is not."),
        slip(
          "upstream included",
          answer * upstream,
          `That is multiplied by ${gradientName(data, step.node)} already: the local derivative is of ${node.name} alone.`,
        ),
        ...atOutput.filter(({ name }) => name === "derivative at the output"),
        ...(other?.local.form === "elementwise" && other.local.numbers?.values
          ? [
              slip(
                "gradient of the other input",
                other.local.numbers.values[contributions[0].place],
                `That is the derivative by ${data.nodes[other.to].name}.`,
              ),
            ]
          : []),
      ];
      return {
        answer,
        slips,
        question: () => ({
          kind: "local",
          node: step.node,
          input: sent.to,
          place,
          ask: `What is the local derivative ∂${node.name}/∂${target.name}${sent.sent.shape.length > 0 ? ` at ${elementName(target.name, place, sent.sent.shape)}` : ""}?`,
          given: givenFor(data, step).slice(0, -1),
          answer,
          slips,
          solution: `${sent.local.formula?.text ?? `∂${node.name}/∂${target.name}`} = ${six(answer)}`,
        }),
      };
    });
}

/** The sum of what several uses send. */
function gradientCandidates(data: BackwardData, step: BackwardStep): Candidate[] {
  const { terms, gradient, node } = step;
  if (terms.length < 2 || !gradient.values || step.beforeHooks) return [];
  if (terms.some(({ sent }) => !sent.values)) return [];
  const { name, value } = data.nodes[node];
  return placesOf(gradient).map((place) => {
    const answer = gradient.values![place];
    const parts = terms.map(({ sent }) => sent.values![place]);
    const slips = [
      slip("sign", -answer, "The size is right, the sign is not."),
      ...onlyOne(parts, `${name} is used ${terms.length} times, and this is what one use sends.`),
      ...localsOf(data, step, place),
      ...withoutMean(data, node, answer),
    ];
    return {
      answer,
      slips,
      question() {
        const element = elementName(name, place, value.shape);
        const users = terms.map(({ from, argument }) => {
          const user = data.steps.find((each) => each.node === from)!;
          const sends = user.sends.find((each) => each.argument === argument)!;
          const local = sends.local.formula ? `, with ${sends.local.formula.text}` : "";
          return [valueLine(data, from), `${equation(gradientName(data, from), user.gradient)}${local}`];
        });
        return {
          kind: "gradient",
          node,
          place,
          ask: `What is ${gradientName(data, node)}${value.shape.length > 0 ? ` at ${element}` : ""}, over all paths?`,
          given: [valueLine(data, node), ...new Set(users.flat())],
          answer,
          slips,
          solution: `${parts.slice(0, mostTerms).map(term).join(" + ")}${parts.length > mostTerms ? " + …" : ""} = ${six(answer)}`,
        };
      },
    };
  });
}

/** What the sum is where all that comes from above is left out. */
function localsOf(data: BackwardData, { node, terms }: BackwardStep, place: number): Slip[] {
  let total = 0;
  for (const { from, argument } of terms) {
    const step = data.steps.find((each) => each.node === from)!;
    const sent = step.sends.find((each) => each.argument === argument && each.to === node)!;
    const contributions = contributionsTo(data, step, sent, place);
    if (contributions === null) return [];
    total += contributions.reduce((sum, { local }) => sum + local, 0);
  }
  const hint = "Those are the local derivatives alone. Multiply each by what comes from above.";
  return [slip("upstream forgotten", total, hint)];
}

/** A weight after one step of gradient descent. */
function updateCandidates(data: BackwardData, step: BackwardStep, lr: number): Candidate[] {
  const { node, gradient, terms } = step;
  const { kind, name, value } = data.nodes[node];
  const isWeight = kind === "parameter" || (kind === "input" && data.nodes[node].requiresGrad);
  if (!isWeight || !gradient.values || !value.values) return [];
  return placesOf(gradient).map((place) => {
    const [w, g] = [value.values![place], gradient.values![place]];
    const answer = w - lr * g;
    const self = gradientName(data, node);
    const parts = terms.map(({ sent }) => sent.values?.[place] ?? Number.NaN);
    const slips = [
      slip("gradient for update", g, `That is the gradient. A step goes against it: ${name} - lr · ${self}.`),
      slip("gradient for update", -lr * g, `That is how much ${name} changes. Asked is ${name} afterwards.`),
      slip("sign", w + lr * g, "A step goes down: the gradient is subtracted."),
      slip("learning rate forgotten", w - g, `The gradient is multiplied by the learning rate ${six(lr)} first.`),
      ...onlyOne(parts, `${name} is used ${terms.length} times, and this goes by what one use sends.`).map((each) => ({
        ...each,
        value: w - lr * each.value,
      })),
      ...withoutMean(data, node, g).map((each) => ({
        ...each,
        value: w - lr * each.value,
        hint: each.hint.replace("That is", "The gradient behind this is"),
      })),
    ];
    return {
      answer,
      slips,
      question() {
        const element = elementName(name, place, value.shape);
        return {
          kind: "update",
          node,
          place,
          ask: `What is ${element} after one step of gradient descent with learning rate ${six(lr)}?`,
          given: [valueLine(data, node), equation(self, gradient)],
          answer,
          slips,
          solution: `${element} - lr · gradient = ${term(w)} - ${six(lr)} × ${term(g)} = ${six(answer)}`,
        };
      },
    };
  });
}
