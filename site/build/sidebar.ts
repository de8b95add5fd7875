/**
 * What stands beside the pages.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lossesByFamily } from "./losses.ts";
import { packagesWithApi, root } from "./packages.ts";

const item = (text: string, link: string) => ({ text, link });

const guides = [
  {
    text: "Start",
    items: [
      item("What it is", "/index"),
      item("Train a model", "/start/train-a-model"),
      item("Learn backpropagation", "/start/learn-backprop"),
      item("Try a loss", "/start/try-a-loss"),
      item("Examples", "/examples/"),
      item("The playground", "/playground"),
    ],
  },
  {
    text: "Coming from",
    items: [
      item("PyTorch", "/coming-from/pytorch"),
      item("Keras", "/coming-from/keras"),
      item("JAX", "/coming-from/jax"),
      item("TensorFlow.js", "/coming-from/tensorflow-js"),
      item("micrograd", "/coming-from/micrograd"),
      item("Names and defaults", "/keras-and-pytorch"),
    ],
  },
  {
    text: "Cross-entropy",
    items: [
      item("Said right", "/cross-entropy"),
      item("How texts err", "/cross-entropy-in-texts"),
      item("All losses", "/losses/"),
      item("Distributions", "/distributions"),
    ],
  },
  {
    text: "See",
    items: [
      item("Explain", "/explain"),
      item("Quiz and trace page", "/quiz-and-trace-page"),
      item("Pictures", "/pictures"),
      item("What is wrong: diagnose", "/diagnose"),
      item("Rewind", "/rewind"),
      item("Notebooks", "/notebooks"),
      item("Experiments", "/experiments"),
      item("TensorBoard", "/tensorboard"),
    ],
  },
  {
    text: "Write your own",
    items: [
      item("Loss", "/writing-a-loss"),
      item("Op", "/writing-an-op"),
      item("Layer", "/writing-a-layer"),
      item("Optimizer", "/writing-an-optimizer"),
      item("Metric", "/writing-a-metric"),
      item("Callback", "/writing-a-callback"),
      item("Schedule", "/writing-a-schedule"),
    ],
  },
  {
    text: "Keep and hand on",
    items: [
      item("Save and load", "/save-and-load"),
      item("Resume", "/resume"),
      item("From PyTorch and Keras", "/from-pytorch-and-keras"),
      item("To ONNX, PyTorch, JAX", "/to-onnx-pytorch-and-jax"),
    ],
  },
  {
    text: "How it works",
    items: [
      item("Models", "/models"),
      item("Compiled steps", "/jit"),
      item("vmap and scan", "/vmap-and-scan"),
      item("Functions of tensors", "/tensor-functions"),
      item("The same numbers again", "/reproducibility"),
      item("Performance", "/performance"),
      item("Decisions", "/decisions"),
      item("Glossary", "/glossary"),
      item("Architecture", "/project/architecture"),
      item("Contributing", "/project/contributing"),
      item("Changelog", "/project/changelog"),
    ],
  },
];

/** The lessons by their numbers, with the titles that they have. */
const lessons = readdirSync(join(root, "docs/course"))
  .filter((file) => /^\d\d-.*\.md$/.test(file))
  .sort()
  .map((file) => {
    const [, title] = /^# (.*)$/m.exec(readFileSync(join(root, "docs/course", file), "utf8")) ?? [];
    return item(title ?? file, `/course/${file.replace(/\.md$/, "")}`);
  });

const course = [
  {
    text: "The course",
    items: [item("Contents", "/course/"), ...lessons, item("Exercises", "/course/exercises")],
  },
];

/**
 * The packages with the headings under which they list what they export. A list of a thousand names would be in each of a thousand
 * pages; search finds them.
 */
function reference() {
  const file = join(root, "site/pages/api/groups.json");
  // Written with the reference, which a test of the guides does without.
  const groups: Record<string, [string, string][]> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  return [
    item("All packages", "/api/"),
    ...packagesWithApi().map(({ folder, name }) => ({
      ...item(name, `/api/${folder}/`),
      collapsed: true,
      items: [
        ...(groups[folder] ?? []).map(([group, anchor]) => item(group, `/api/${folder}/#${anchor}`)),
        ...Object.keys(groups)
          .filter((module) => module.startsWith(`${folder}/`))
          .map((module) => item(module.slice(folder.length + 1), `/api/${module}/`)),
      ],
    })),
  ];
}

/** By the beginning of a page's path. */
export const sidebar = {
  "/": guides,
  "/course/": course,
  "/losses/": [...lossesByFamily()].map(([text, names]) => ({
    text,
    items: names.map((name) => item(name, `/losses/${name}`)),
  })),
  "/api/": reference(),
  "/zh/": [{ text: "中文", items: [item("开始", "/zh/start"), item("交叉熵", "/zh/cross-entropy")] }],
};
