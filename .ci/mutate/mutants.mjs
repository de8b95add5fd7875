// The mutants of a file: small changes of its code, each of which some test should notice.
//
// Texts are left alone, and so is what stands in a throw: what an error says is no behaviour.
import { parseAst } from "vitest/node";

/**
 * @typedef {object} Mutant
 * @property {string} file relative to the repository
 * @property {number} line
 * @property {string} kind
 * @property {number} start @property {number} end what is replaced
 * @property {string} text what stands there instead
 * @property {{ start: number, end: number, isStatement: boolean }} marked what has to run for the mutant to matter
 * @property {string} from @property {string} to the code before and after, on one line
 */

const swaps = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "**": ["*"],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "==": ["!="],
  "!=": ["=="],
  "&&": ["||"],
  "||": ["&&"],
  "&": ["|"],
  "|": ["&"],
  "<<": [">>"],
  ">>": ["<<"],
  ">>>": ["<<"],
  "+=": ["-="],
  "-=": ["+="],
  "*=": ["/="],
  "/=": ["*="],
  "|=": ["&="],
  "&=": ["|="],
  "??=": ["="],
  "++": ["--"],
  "--": ["++"],
};

/** Methods that another of the same kind can stand in for. */
const methods = {
  add: "sub",
  sub: "add",
  mul: "div",
  div: "mul",
  min: "max",
  max: "min",
  maximum: "minimum",
  minimum: "maximum",
  floor: "ceil",
  ceil: "floor",
  some: "every",
  every: "some",
  less: "lessEqual",
  lessEqual: "less",
  greater: "greaterEqual",
  greaterEqual: "greater",
  sum: "mean",
  mean: "sum",
  sin: "cos",
  cos: "sin",
  find: "findLast",
  push: "unshift",
  toSorted: "slice",
};

/** Methods whose result is of the kind of what they are called on, which can therefore do without them. */
const optional = new Set(
  (
    "neg add sub mul div abs square sqrt exp log cast detach reshape clamp where sum mean transpose permute round floor " +
    "filter sort reverse toSorted toReversed slice concat flat trim"
  ).split(" "),
);

/** Functions of one argument that can be left out. */
const optionalFunctions = new Set(["neg", "abs", "floats", "detach", "transpose", "square", "sqrt"]);

/** @returns {Mutant[]} in the order of the text */
export function mutantsOf(file, source) {
  const found = [];
  const lineStarts = [0];
  for (let i = 0; i < source.length; i++) if (source[i] === "\n") lineStarts.push(i + 1);
  const lineOf = (at) => lineStarts.findLastIndex((start) => start <= at) + 1;

  const add = (kind, start, end, text, node, isStatement = false) => {
    const line = lineOf(start);
    const [first, last] = [
      lineStarts[line - 1],
      (lineStarts[lineOf(Math.max(start, end - 1))] ?? source.length + 1) - 1,
    ];
    const onOneLine = (code) => code.replace(/\s+/g, " ").trim();
    const from = onOneLine(source.slice(first, last));
    const to = onOneLine(source.slice(first, start) + text + source.slice(end, last));
    const marked = { start: node.start, end: node.end, isStatement };
    found.push({ file, line, kind, start, end, text, marked, from, to });
  };
  const code = (node) => source.slice(node.start, node.end);

  /** Replaces the operator between two operands, or before or behind one. */
  const operator = (kind, node, from, to) => {
    for (const other of swaps[node.operator] ?? []) {
      const at = source.indexOf(node.operator, from);
      if (at >= 0 && at + node.operator.length <= to) add(kind, at, at + node.operator.length, other, node);
    }
  };

  /** Tests of conditions: that they are always true, or always false, says more than that they are the other way round. */
  const tests = new Set();
  const decided = (test) => {
    tests.add(test);
    add("condition", test.start, test.end, "true", test);
    add("condition", test.start, test.end, "false", test);
  };

  const kinds = {
    BinaryExpression: (node) => {
      if (node.left.type === "PrivateIdentifier" || (tests.has(node) && /^[=!]/.test(node.operator))) return;
      operator("operator", node, node.left.end, node.right.start);
    },
    LogicalExpression: (node) => {
      if (node.operator !== "??") return operator("logic", node, node.left.end, node.right.start);
      add("logic", node.start, node.end, `(${code(node.left)})`, node);
      add("logic", node.start, node.end, `(${code(node.right)})`, node);
    },
    AssignmentExpression: (node) => operator("assignment", node, node.left.end, node.right.start),
    UpdateExpression: (node) => {
      const [from, to] = node.prefix ? [node.start, node.argument.start] : [node.argument.end, node.end];
      operator("assignment", node, from, to);
    },
    UnaryExpression: (node) => {
      if (tests.has(node)) return;
      if (node.operator === "!" || node.operator === "-" || node.operator === "~")
        add("unary", node.start, node.start + 1, "", node);
    },
    Literal: (node) => {
      if (typeof node.value === "boolean") add("constant", node.start, node.end, String(!node.value), node);
      if (typeof node.value !== "number") return;
      add("constant", node.start, node.end, String(node.value === 1 ? 2 : node.value + 1), node);
      if (node.value === 1) add("constant", node.start, node.end, "0", node);
      else if (!Number.isInteger(node.value)) add("constant", node.start, node.end, String(node.value * 1.1), node);
    },
    ConditionalExpression: (node) => decided(node.test),
    IfStatement: (node) => decided(node.test),
    ExpressionStatement: (node) => {
      if (node.directive) return;
      const callee = node.expression.callee;
      if (callee?.type === "Super") return;
      unused.add(node.expression);
      add("statement", node.start, node.end, "{}", node, true);
    },
    CallExpression: (node, inChain) => {
      const { callee } = node;
      if (callee.type === "Identifier" && optionalFunctions.has(callee.name) && node.arguments.length === 1)
        add("call", node.start, node.end, `(${code(node.arguments[0])})`, node);
      if (
        callee.type !== "MemberExpression" ||
        callee.computed ||
        callee.property.type !== "Identifier" ||
        inChain ||
        unused.has(node)
      )
        return;
      const { object, property } = callee;
      const other = methods[property.name];
      if (object.name === "Object" && property.name === "is")
        add("call", node.start, node.end, `(${node.arguments.map(code).join(" === ")})`, node);
      else if (other && Object.hasOwn(methods, property.name)) {
        if (object.name !== "Math" || ["min", "max", "floor", "ceil", "sin", "cos"].includes(property.name))
          add("call", property.start, property.end, other, node);
      }
      const isModule = /^(Math|Object|Array|Number|core)$/.test(object.name ?? "");
      if (!isModule && optional.has(property.name)) add("call", node.start, node.end, code(object), node);
    },
  };

  /** Whose results nobody looks at: no methods of tensors, which change nothing. */
  const unused = new Set();
  const skipped = /^(TS(?!As|NonNull|Satisfies)|Import|ThrowStatement|ExportAll|TemplateElement)/;
  const visit = (node, inChain) => {
    if (skipped.test(node.type)) return;
    if (node.type === "NewExpression" && /Error$/.test(node.callee.name ?? "")) return;
    const isChain = inChain || node.type === "ChainExpression";
    kinds[node.type]?.(node, isChain);
    for (const [key, child] of Object.entries(node)) {
      // Types, and the names of properties, are not computed.
      if (
        /^(typeAnnotation|typeParameters|typeArguments|returnType|superTypeArguments|implements|decorators)$/.test(key)
      )
        continue;
      if (key === "key" && !node.computed) continue;
      const deeper = isChain && /^(object|callee|expression)$/.test(key);
      for (const each of Array.isArray(child) ? child : [child])
        if (each && typeof each.type === "string") visit(each, deeper);
    }
  };
  visit(parseAst(source, { lang: "ts" }), false);
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The file with the mutant in it. */
export function mutated(source, { start, end, text }) {
  return source.slice(0, start) + text + source.slice(end);
}

/**
 * The file, in which each mutant's code notes that it runs: `numbers[i]` is set in the global `__mutantHits`.
 *
 * @param {Mutant[]} mutants @param {number[]} numbers
 */
export function marked(source, mutants, numbers) {
  const spans = new Map();
  mutants.forEach(({ marked: span }, i) => {
    const key = `${span.start} ${span.end} ${span.isStatement}`;
    spans.set(key, { ...span, numbers: [...(spans.get(key)?.numbers ?? []), numbers[i]] });
  });
  const inserted = [];
  for (const { start, end, isStatement, numbers: own } of spans.values()) {
    const notes = own.map((n) => `__mutantHits[${n}]=1`);
    const [open, close] = isStatement ? [`{${notes.join(";")};`, "}"] : [`(${notes.join(",")},`, ")"];
    inserted.push({ at: start, other: end, text: open, opens: true, isStatement });
    inserted.push({ at: end, other: start, text: close, opens: false, isStatement });
  }
  // At one place, what ends there comes before what begins there, and the larger of two encloses the smaller.
  inserted.sort(
    (a, b) =>
      a.at - b.at ||
      Number(a.opens) - Number(b.opens) ||
      b.other - a.other ||
      (Number(b.isStatement) - Number(a.isStatement)) * (a.opens ? 1 : -1),
  );
  let made = "";
  let from = 0;
  for (const { at, text } of inserted) {
    made += source.slice(from, at) + text;
    from = at;
  }
  return made + source.slice(from);
}
