/**
 * Makes of a learner's TypeScript the module that the sandbox runs: without types, each statement in the line in which it
 * was written, `chainrule` by the address that it has there.
 */
import { parser } from "@lezer/javascript";
import { transform } from "sucrase";
import { sandboxModule } from "./modules.ts";

/** What the learner's code cannot be run for, and where. */
export class LearnerCodeError extends Error {
  override name = "SyntaxError";
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** @throws LearnerCodeError for what is no TypeScript, and for imports of anything but chainrule. */
export function prepare(source: string): string {
  return withoutTypes(withAddresses(source));
}

const typescript = parser.configure({ dialect: "ts" });
const chainrule = /^(?:chainrule|@chainrule\/[\w-]+)$/;

function withAddresses(source: string): string {
  let text = "";
  let end = 0;
  typescript.parse(source).iterate({
    enter({ name, node, from, to }) {
      if (name !== "String" || !isImported(node)) return;
      const module = source.slice(from + 1, to - 1);
      if (!chainrule.test(module)) throw new LearnerCodeError(refusal(module), lineAt(source, from));
      text += `${source.slice(end, from)}"${sandboxModule("chainrule")}"`;
      end = to;
    },
  });
  return text + source.slice(end);
}

type SyntaxNode = ReturnType<ReturnType<typeof parser.parse>["resolve"]>;

/** Whether a string is what an `import`, an `export … from` or an `import(…)` names. */
function isImported({ parent }: SyntaxNode): boolean {
  return ["ImportDeclaration", "ExportDeclaration", "DynamicImport"].includes(parent?.name ?? "");
}

function refusal(module: string): string {
  if (module.startsWith("node:"))
    return `there is no "${module}" in a page: files and processes are Node's. Run the program with Node for that.`;
  if (module.startsWith(".")) return `there is no "${module}" here: a program of the playground is one file.`;
  return `a program of the playground imports from "chainrule" only, got "${module}".`;
}

function withoutTypes(source: string): string {
  try {
    return transform(source, { transforms: ["typescript"], disableESTransforms: true, preserveDynamicImport: true })
      .code;
  } catch (error) {
    const { message, loc } = error as Error & { loc?: { line: number } };
    throw new LearnerCodeError(
      message.replace(/^Error transforming [^:]*: /, "").replace(/ \(\d+:\d+\)$/, ""),
      loc?.line ?? 1,
    );
  }
}

const lineAt = (source: string, position: number) => source.slice(0, position).split("\n").length;
