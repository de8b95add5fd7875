/**
 * The quiz knows each slip by the number to which it leads, on Values and on tensors.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DTypeError, Generator, parameter, randn, type Tensor, tensor, type Value, value } from "@chainrule/core";
import { Dense, Sequential } from "@chainrule/nn";
import { describe, expect, it } from "vitest";
import { explainBackward } from "../backward/explain-backward.ts";
import { gradeAnswer, type Question, quiz, quizQuestions, type SlipName } from "../index.ts";
import { meanOf } from "./slips.ts";

/** All questions that can be asked. */
const all = (loss: Tensor | Value, options = {}) => quizQuestions(loss, { questions: 1e6, seed: 1, ...options });

function questionOf(loss: Tensor | Value, ask: string, names = {}): Question {
  const found = all(loss, { names }).find((question) => question.ask === ask);
  expect(
    found,
    all(loss, { names })
      .map((question) => question.ask)
      .join("\n"),
  ).toBeDefined();
  return found!;
}

/** L = ((w x)² + w) / 2 at w = 3, x = 2: with v1 = w x = 6, v2 = 36, v3 = v2 + w = 39. */
function scalars(): Value {
  const w = value(3, "w");
  const x = value(2, "x");
  return w.mul(x).square().add(w).div(2).named("L");
}

/** y = x W, L = mean(tanh(y)²) and other uses of W. */
function tensors() {
  const x = tensor([[1, 2], [3, 5]]); // biome-ignore format: a table
  const W = parameter([[0.1, 0.2], [-0.3, 0.4]]); // biome-ignore format: a table
  const b = parameter([0.5, -1]);
  const g = tensor([[1, -2], [4, 0.5]]); // biome-ignore format: a table
  const y = x.matmul(W);
  const z = y.add(b);
  const L = z.mul(g).sum();
  return { L, names: { x, W, b, g, y, z, L } };
}

describe("a Value's quiz names", () => {
  // dL/dv1 = 1/2 · 2 · 6 = 6; w gets 6 · 2 from v1 and 1/2 from v3.
  it.each<[SlipName, ask: string, typed: string, answer: number]>([
    ["upstream forgotten", "What does v1 send back to w?", "2", 12],
    ["derivative by the output", "What does v1 send back to w?", "6", 12],
    ["sign", "What does v1 send back to w?", "-12", 12],
    ["gradient of the other input", "What does v1 send back to w?", "18", 12],
    ["1/n forgotten", "What does v1 send back to w?", "24", 12],
    ["= for +=", "What is dL/dw, over all paths?", "12", 12.5],
    ["= for +=", "What is dL/dw, over all paths?", "1/2", 12.5],
    ["upstream forgotten", "What is dL/dw, over all paths?", "3", 12.5],
    ["1/n forgotten", "What is dL/dw, over all paths?", "25", 12.5],
    ["derivative at the output", "What does v2 send back to v1?", "36", 6],
    ["upstream forgotten", "What does v2 send back to v1?", "12", 6],
    ["upstream included", "What is the local derivative ∂v2/∂v1?", "6", 12],
    ["derivative at the output", "What is the local derivative ∂v2/∂v1?", "72", 12],
    ["gradient for update", "What is w after one step of gradient descent with learning rate 0.1?", "12.5", 1.75],
    ["gradient for update", "What is w after one step of gradient descent with learning rate 0.1?", "-1.25", 1.75],
    ["sign", "What is w after one step of gradient descent with learning rate 0.1?", "4.25", 1.75],
    ["learning rate forgotten", "What is w after one step of gradient descent with learning rate 0.1?", "-9.5", 1.75],
    ["= for +=", "What is w after one step of gradient descent with learning rate 0.1?", "2.95", 1.75],
    ["1/n forgotten", "What is w after one step of gradient descent with learning rate 0.1?", "0.5", 1.75],
  ])("%s: %s %s", (name, ask, typed, answer) => {
    const question = questionOf(scalars(), ask);
    expect(question.answer).toBeCloseTo(answer, 12);
    const verdict = gradeAnswer(question, typed);
    expect([verdict.kind, verdict.slips.includes(name)]).toEqual(["slip", true]);
    expect(verdict.message).toContain(`"${name}"`);
    expect(gradeAnswer(question, String(answer)).kind).toBe("right");
  });
});

describe("a tensor's quiz names", () => {
  // dL/dy = g. dW = xᵀ g = [[13, -0.5], [22, -1.5]]; x g = [[9, -1], [23, -3.5]]. db = [5, -1.5].
  it.each<[SlipName, ask: string, typed: string, answer: number]>([
    ["transposed product", "What does y send back to W[0, 1]?", "22", -0.5],
    ["transposed product", "What does y send back to W[0, 1]?", "-1", -0.5],
    ["upstream forgotten", "What does y send back to W[0, 1]?", "4", -0.5],
    ["derivative by the output", "What does y send back to W[0, 1]?", "-1.5", -0.5],
    ["= for +=", "What does y send back to W[0, 1]?", "-2", -0.5],
    ["= for +=", "What does y send back to W[0, 1]?", "1.5", -0.5],
    ["= for +=", "What does z send back to b[0]?", "1", 5],
    ["upstream forgotten", "What does z send back to b[0]?", "2", 5],
    ["gradient of the other input", "What does v1 send back to z[1, 0]?", "-0.7", 4],
    ["gradient for update", "What is W[1, 0] after one step of gradient descent with learning rate 0.1?", "22", -2.5],
    ["sign", "What is W[1, 0] after one step of gradient descent with learning rate 0.1?", "1,9", -2.5],
  ])("%s: %s %s", (name, ask, typed, answer) => {
    const { L, names } = tensors();
    const named = { ...names, g: parameter(names.g) };
    const loss = ask.includes("v1") ? names.z.mul(named.g).sum() : L;
    const question = questionOf(loss, ask, ask.includes("v1") ? { ...named, L: loss } : names);
    expect(question.answer).toBeCloseTo(answer, 5);
    const verdict = gradeAnswer(question, typed);
    expect([verdict.kind, verdict.slips.includes(name)]).toEqual(["slip", true]);
    expect(gradeAnswer(question, String(answer)).kind).toBe("right");
  });

  it("a mean's 1/n, however it is written", () => {
    const w = parameter([1, 2, 4]);
    for (const loss of [
      w.square().mean(),
      w.square().sum().div(3),
      w
        .square()
        .sum()
        .mul(1 / 3),
    ]) {
      const question = questionOf(loss, "What does v1 send back to w[2]?", { w });
      expect(question.answer).toBeCloseTo(8 / 3, 5);
      expect(gradeAnswer(question, "8").slips).toContain("1/n forgotten");
      expect(gradeAnswer(question, "8/3").kind).toBe("right");
    }
    const data = explainBackward(w.sum().div(w.sum().detach()), { names: { w } });
    expect(data.nodes.map((node) => meanOf(data, node))).not.toContain(3);
  });

  it("no 1/n where a path goes around the mean", () => {
    const w = parameter([1, 2, 4]);
    const y = w.square();
    const question = questionOf(y.mean().add(y.sum()), "What does y send back to w[2]?", { w, y });
    expect(question.slips.map(({ name }) => name)).not.toContain("1/n forgotten");
  });
});

/** Programs of all kinds. */
const programs: Record<string, () => Tensor | Value> = {
  scalars,
  tensors: () => tensors().L,
  "a network": () => {
    const model = new Sequential([
      new Dense({ units: 3, inputDim: 2, activation: "tanh", generator: new Generator(1) }),
      new Dense({ units: 1, inputDim: 3, generator: new Generator(2) }),
    ]);
    const x = randn([4, 2], { generator: new Generator(3) });
    return model.call(x).sub(tensor([[1], [0], [1], [0]])).square().mean(); // biome-ignore format: a table
  },
  softmax: () =>
    parameter([[1, 2, 0.5]])
      .softmax()
      .slice([0])
      .log()
      .sum()
      .neg(),
  "broadcast and shared": () => {
    const w = parameter([[0.5], [-1.5]]);
    return w.mul(tensor([[1, 2, 3]])).add(w).exp().mul(w).mean(); // biome-ignore format: a table
  },
  float64: () =>
    parameter(tensor([0.3, 0.7], { dtype: "float64" }))
      .log()
      .mul(3)
      .sum(),
};

describe.each(Object.keys(programs))("every question about %s", (name) => {
  it("is answered by its answer, and every slip by its name", () => {
    const questions = all(programs[name]());
    expect(questions.length).toBeGreaterThan(3);
    for (const question of questions) {
      expect(gradeAnswer(question, String(question.answer)).kind, question.ask).toBe("right");
      expect(question.slips.length).toBeGreaterThan(0);
      for (const slip of question.slips) {
        const { kind, slips } = gradeAnswer(question, String(slip.value));
        expect([question.ask, kind, slips.includes(slip.name)]).toEqual([question.ask, "slip", true]);
      }
      const largest = Math.max(...question.slips.map(({ value: x }) => Math.abs(x)), Math.abs(question.answer));
      expect(gradeAnswer(question, String(largest * 3 + 1)).kind).toBe("wrong");
    }
  });
});

describe("questions", () => {
  it("are the same for the same seed, as many as wanted, in the order of the backward pass", () => {
    const loss = programs["a network"]();
    const asks = (options: object) => quizQuestions(loss, options).map(({ ask }) => ask);
    expect(asks({ seed: 4, questions: 6 })).toEqual(asks({ seed: 4, questions: 6 }));
    expect(asks({ seed: 4, questions: 6 })).not.toEqual(asks({ seed: 5, questions: 6 }));
    expect(asks({ seed: 1 })).toHaveLength(5);
    const nodes = quizQuestions(loss, { seed: 1, questions: 20 }).map(({ node }) => node);
    expect(nodes).toEqual([...nodes].sort((a, b) => b - a));
  });

  it("cover the slips that there are, and tell them apart", () => {
    for (let seed = 0; seed < 20; seed++) {
      const questions = quizQuestions(scalars(), { seed, questions: 5 });
      const names = new Set(questions.flatMap(({ slips }) => slips.map((slip) => slip.name)));
      expect([...names].sort()).toEqual(
        [
          "1/n forgotten",
          "= for +=",
          "derivative at the output",
          "derivative by the output",
          "gradient for update",
          "gradient of the other input",
          "learning rate forgotten",
          "sign",
          "upstream forgotten",
          "upstream included",
        ].filter((name) => names.has(name as SlipName)),
      );
      expect(names.size).toBeGreaterThanOrEqual(9);
    }
  });

  it("name both slips that give one number", () => {
    // v1 = w · 2 with dL/dv1 = 2: what comes from above and the local derivative are the same.
    const w = value(1.5, "w");
    const question = questionOf(w.mul(2).mul(2).named("L"), "What does v1 send back to w?");
    expect(gradeAnswer(question, "2").slips).toEqual(["upstream forgotten", "derivative by the output"]);
    expect(gradeAnswer(question, "2").message).toMatch(
      /"upstream forgotten" or "derivative by the output". That .* Or: That/,
    );
  });

  it("survive JSON, and are made of an explanation that did", () => {
    const explained = explainBackward(scalars());
    const questions = quizQuestions(JSON.parse(JSON.stringify(explained)), { seed: 3 });
    expect(questions).toEqual(quizQuestions(explained, { seed: 3 }));
    expect(JSON.parse(JSON.stringify(questions))).toEqual(questions);
  });

  it("are refused where there is nothing to ask", () => {
    expect(() =>
      quizQuestions(
        randn([100, 100])
          .mul(parameter(randn([100, 100])))
          .sum(),
        { maxElements: 4 },
      ),
    ).toThrow(/with numbers to ask for.*larger maxElements/s);
    expect(() => quizQuestions(scalars(), { questions: 0 })).toThrow(/questions as a whole number of at least 1/);
    expect(() => quizQuestions(scalars(), { lr: 0 })).toThrow(/lr as a number above 0/);
    expect(() => quizQuestions(scalars(), { sed: 1 } as never)).toThrow(/Did you mean "seed"/);
  });
});

describe("an answer", () => {
  const third = { answer: 1 / 3, slips: [] };
  it.each<[string, string]>([
    ["1/3", "right"],
    ["0.33", "right"],
    ["0,33", "right"],
    ["0.3", "wrong"],
    ["0.3334", "right"],
    ["0.34", "wrong"],
    [" +1 / 3 ", "right"],
    ["3.333e-1", "right"],
    ["−1/3", "wrong"],
    ["1/0", "unreadable"],
    ["a third", "unreadable"],
    ["1/3/1", "unreadable"],
    ["", "unreadable"],
    ["0x10", "unreadable"],
    ["Infinity", "unreadable"],
  ])("of %s for a third is %s", (typed, kind) => {
    expect(gradeAnswer(third, typed).kind).toBe(kind);
  });

  it("says how far off it is", () => {
    expect(gradeAnswer({ answer: 4, slips: [] }, "5").message).toBe("Not right: too large by 1, 25% of the number.");
    expect(gradeAnswer({ answer: 0, slips: [] }, "-0.25").message).toBe("Not right: too small by 0.25.");
    expect(gradeAnswer({ answer: 0, slips: [] }, "0").kind).toBe("right");
  });

  it("is to one of the questions", () => {
    expect(() => gradeAnswer({} as never, "1")).toThrow(DTypeError);
    expect(() => gradeAnswer(third, 3 as never)).toThrow(/the answer as a text, got the number 3/);
  });
});

describe("quiz", () => {
  async function play(typed: (string | null)[], options = {}) {
    const printed: string[] = [];
    const result = await quiz(scalars(), {
      questions: 2,
      seed: 2,
      print: (line) => printed.push(line),
      ask: () => typed.shift() ?? null,
      ...options,
    });
    return { result, text: printed.join("\n") };
  }
  const [first, second] = quizQuestions(scalars(), { questions: 2, seed: 2 });

  it("asks, tells of slips, lets one try again, and counts", async () => {
    const slip = first.slips[0];
    const { result, text } = await play([String(slip.value), String(first.answer), "what?", "123456", "123456"]);
    expect([result.score, result.asked]).toEqual([1, 2]);
    expect(result.answers.map(({ isRight, typed }) => [isRight, typed.length])).toEqual([[true, 2], [false, 2]]); // biome-ignore format: a table
    expect(result.answers[0].slips).toContain(slip.name);
    expect(text).toContain("v1 = mul(w, x) = w · x = 6");
    expect(text).toContain(`Question 1 of 2\n  ${first.given[0]}`);
    expect(text).toContain(`"${slip.name}"`);
    expect(text).toContain("That is not a number that can be read");
    expect(text).toContain(`${second.solution}`);
    expect(text).toMatch(/\n1 of 2 right\. Slips: .+\.$/);
  });

  it("shows the answer after an empty line, and ends where the input does", async () => {
    const { result, text } = await play(["", null]);
    expect([result.score, result.asked]).toEqual([0, 1]);
    expect(text).toContain(first.solution);
    expect(text).toContain("0 of 1 right, of 2 in all.");
    expect((await play([])).result.asked).toBe(0);
    expect((await play(new Array(40).fill("?"))).result.asked).toBe(2);
  });

  it("reads from a pipe, in plain text", () => {
    const program = `
      import { value } from "@chainrule/core";
      import { quiz } from ${JSON.stringify(fileURLToPath(new URL("../index.ts", import.meta.url)))};
      const w = value(3, "w"), x = value(2, "x");
      const loss = w.mul(x).square().add(w).div(2).named("L");
      quiz(loss, { questions: 2, seed: 2 }).then(({ score }) => console.log("score " + score));`;
    const input = `${first.answer}\n${second.slips[0].value}\n${second.answer}`;
    const printed = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      input,
      encoding: "utf8",
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
    });
    expect(printed).toContain(`> Right.\n`);
    expect(printed).toContain(`"${second.slips[0].name}"`);
    expect(printed).toMatch(/2 of 2 right\. Slips: .*\nscore 2\n$/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with it
    expect(printed).not.toMatch(/\x1b/);
  });

  it("refuses what makes no sense", async () => {
    await expect(quiz(scalars(), { attempts: 0 })).rejects.toThrow(/attempts as a whole number of at least 1/);
    await expect(quiz(scalars(), { print: 3 } as never)).rejects.toThrow(/print as a function/);
    await expect(quiz(3 as never)).rejects.toThrow(DTypeError);
  });
});
