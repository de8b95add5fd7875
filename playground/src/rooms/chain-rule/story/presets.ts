/**
 * Computations that each show one thing, with a question to ask before it is seen.
 */

export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly program: string;
  /** For the names that the text gives no number. */
  readonly numbers: readonly (readonly [name: string, number: number])[];
  /** At which step it is shown: as a rule where all values are known and no gradient is. */
  readonly step: number;
  /** What it shows, in two sentences. */
  readonly idea: string;
  readonly question: string;
  readonly choices: readonly string[];
  /** The index of the right one. */
  readonly answer: number;
  readonly because: string;
}

export const presets: readonly Preset[] = [
  {
    id: "neuron",
    title: "A neuron",
    program: "o = tanh(w*x + b)",
    numbers: [
      ["w", -0.5],
      ["x", 2],
      ["b", 1.5],
    ],
    step: 3,
    idea: "A neuron weighs its input, adds a bias and bends the sum. Going back, a sum hands its gradient on as it is, and a product hands it to each factor times the other factor.",
    question: "Here x is 2. Nudge w and b up by the same small amount: which of them moves o more?",
    choices: ["w", "b", "both the same"],
    answer: 0,
    because:
      "Both are reached through the sum, where they get the same gradient; w gets it times x = 2. Step back through the graph and watch the 2 turn up on the arrow to w. Then drag x: at x = 0 the weight learns nothing.",
  },
  {
    id: "micrograd",
    title: "A line of micrograd",
    program: "d = a*b + b**3",
    numbers: [
      ["a", -4],
      ["b", 2],
    ],
    step: 3,
    idea: "A line of micrograd's README. There are two ways from b to d, one through the product and one through the cube, and each brings its own part of the derivative.",
    question: "Nudge b up from 2. a·b falls, because a is negative, and b³ rises. What does d do?",
    choices: ["it falls", "it rises", "it stays"],
    answer: 1,
    because:
      "Through the product b gets a = −4, through the cube 3b² = 12: together 8. Drag b towards 1.155, where 3b² = 4, and see the two ways cancel.",
  },
  {
    id: "logistic",
    title: "Logistic regression",
    program: "z = w*x + b\np = sigmoid(z)\nloss = -log(p)   # the target is 1",
    numbers: [
      ["w", -1],
      ["x", 1.5],
      ["b", 0.2],
    ],
    step: 5,
    idea: "Sigmoid and cross-entropy are made for each other: log brings 1/p, which is large where p is small, and sigmoid brings p(1 − p), which is small there.",
    question: "p is 0.214 where it should be 1. What arrives at z?",
    choices: ["1/p = 4.67", "p(1 − p) = 0.168", "p − 1 = −0.786"],
    answer: 2,
    because:
      "−1/p times p(1 − p) is p − 1: the gradient is the mistake itself. Drag w far down, to −5: p goes to nearly 0, and still the gradient stays near −1 and does not vanish.",
  },
  {
    id: "softmax",
    title: "Softmax of three",
    program: "ea = exp(a)\neb = exp(b)\nec = exp(c)\np = ea / (ea + eb + ec)\nloss = -log(p)   # class a is right",
    numbers: [
      ["a", 1],
      ["b", 2],
      ["c", 0.1],
    ],
    step: 8,
    idea: "Three logits compete for one sum. The right one is in the numerator and in the sum, so it is reached by two ways; the others only by the sum.",
    question: "Add up the three gradients, of a, b and c. What comes out?",
    choices: ["the loss", "1", "0"],
    answer: 2,
    because:
      "Each gradient is the class's probability, less 1 for the right one, and the probabilities sum to 1. What a gains the others lose. Adding the same to all three logits changes nothing: try it.",
  },
  {
    id: "twice",
    title: "Used twice",
    program: "u = x*x\ny = u + 3*x",
    numbers: [["x", 2]],
    step: 3,
    idea: "Where one number is used in several places, it moves the result by each of them at once. What comes back by the different ways is added up: this is why gradients are summed, with += and not with =.",
    question: "How many amounts arrive at x on the way back?",
    choices: ["one", "two", "three"],
    answer: 2,
    because:
      "x·x uses x twice, and each of the two factors gets 2; 3·x sends 3. Together 7, which is 2x + 3. An engine that writes = in place of += would say 2 or 3.",
  },
  {
    id: "dead-relu",
    title: "A dead relu",
    program: "z = w*x + b\nh = relu(z)\nloss = (h - y)**2",
    numbers: [
      ["w", -1],
      ["x", 2],
      ["b", 0.5],
      ["y", 1],
    ],
    step: 5,
    idea: "Below zero a relu is flat: its local derivative is 0, and 0 times anything is 0. Nothing behind it hears of the mistake.",
    question: "The output is 0 where it should be 1. How far does one step of gradient descent move w?",
    choices: ["by a large step", "by a small step", "not at all"],
    answer: 2,
    because:
      "At the relu the gradient −2 is multiplied by 0. Raise b until z is above 0: all gradients wake up at once. Or write leakyRelu(z) for relu(z).",
  },
  {
    id: "vanishing",
    title: "Vanishing gradients",
    program: "h1 = sigmoid(x)\nh2 = sigmoid(h1)\nh3 = sigmoid(h2)\nh4 = sigmoid(h3)\nh5 = sigmoid(h4)\ny = sigmoid(h5)",
    numbers: [["x", 1]],
    step: 6,
    idea: "The derivative of the sigmoid is at most 1/4. A chain multiplies: after each layer at most a quarter of the gradient is left.",
    question: "Six sigmoids in a row: about what is dy/dx?",
    choices: ["about 0.2", "about 0.01", "about 0.0001"],
    answer: 2,
    because:
      "Each arrow multiplies by about 0.22, and 0.22⁶ is about 0.0001. Write tanh for sigmoid, and start at x = 0.3, to see more of it come through.",
  },
];
