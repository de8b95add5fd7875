/**
 * TypeScript's language service for one program that imports chainrule: mistakes, completions, explanations.
 */
import ts from "typescript-6";
import globals from "./globals.d.ts.txt?raw";

export interface Mistake {
  readonly from: number;
  readonly to: number;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
}

export interface Completion {
  readonly label: string;
  /** "function", "class", "property", …, as CodeMirror has them. */
  readonly type: string;
  readonly sort: string;
}

export interface Completions {
  /** Where the word begins that is completed. */
  readonly from: number;
  readonly list: readonly Completion[];
}

/** What there is to say of a name. */
export interface Explanation {
  readonly from: number;
  readonly to: number;
  /** Its declaration. */
  readonly code: string;
  readonly words: string;
}

/** The declarations by path: those of the language by "lib.es5.d.ts", those of the library by "core/src/index.d.ts". */
export interface Declarations {
  readonly language: Readonly<Record<string, string>>;
  readonly library: Readonly<Record<string, string>>;
}

export interface Language {
  mistakes(text: string): Mistake[];
  completions(text: string, position: number): Completions | null;
  /** Of a completion that was offered at this position. */
  describe(text: string, position: number, label: string): Explanation | null;
  explain(text: string, position: number): Explanation | null;
}

const program = "/program.ts";
const mostCompletions = 2000;

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  types: [],
  strict: true,
  // A learner's functions need no types; what is passed to the library is looked at all the same.
  noImplicitAny: false,
  skipLibCheck: true,
  noEmit: true,
};

export function createLanguage({ language, library }: Declarations): Language {
  const files = new Map<string, string>([["/globals.d.ts", globals]]);
  for (const [path, text] of Object.entries(language)) files.set(`/lib/${path}`, text);
  for (const [path, text] of Object.entries(library)) files.set(`/packages/${path}`, text);
  let version = 0;
  files.set(program, "export {};");
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [program, "/globals.d.ts"],
    getScriptVersion: (name) => (name === program ? String(version) : "0"),
    getScriptSnapshot: (name) => (files.has(name) ? ts.ScriptSnapshot.fromString(files.get(name)!) : undefined),
    getCurrentDirectory: () => "/",
    getDefaultLibFileName: () => "/lib/lib.es2023.d.ts",
    fileExists: (name) => files.has(name),
    readFile: (name) => files.get(name),
    resolveModuleNameLiterals: (literals, from) =>
      literals.map(({ text }) => {
        const resolvedFileName = declarationOf(text, from);
        return {
          resolvedModule: files.has(resolvedFileName)
            ? { resolvedFileName, extension: ts.Extension.Dts, isExternalLibraryImport: true }
            : undefined,
        };
      }),
  });
  const write = (text: string) => {
    if (files.get(program) === text) return;
    files.set(program, text);
    version++;
  };
  return {
    mistakes(text) {
      write(text);
      return [...service.getSyntacticDiagnostics(program), ...service.getSemanticDiagnostics(program)].map(asMistake);
    },
    completions(text, position) {
      write(text);
      const found = service.getCompletionsAtPosition(program, position, { includeCompletionsWithInsertText: false });
      if (!found || found.entries.length === 0) return null;
      const word = /[\w$]*$/.exec(text.slice(0, position))![0];
      const list = found.entries
        .filter(({ name }) => name.toLowerCase().startsWith(word.slice(0, 1).toLowerCase()))
        .slice(0, mostCompletions)
        .map(({ name, kind, sortText }) => ({ label: name, type: types[kind] ?? "variable", sort: sortText }));
      return { from: position - word.length, list };
    },
    describe(text, position, label) {
      write(text);
      const found = service.getCompletionEntryDetails(
        program,
        position,
        label,
        undefined,
        undefined,
        undefined,
        undefined,
      );
      return found ? explanation(found, position, position) : null;
    },
    explain(text, position) {
      write(text);
      const found = service.getQuickInfoAtPosition(program, position);
      if (!found) return null;
      const { start, length } = found.textSpan;
      return explanation(found, start, start + length);
    },
  };
}

/** Where the declarations of an import are. */
function declarationOf(module: string, from: string): string {
  if (module === "chainrule") return "/packages/chainrule/src/index.d.ts";
  const [, name, part = "index"] = /^@chainrule\/([\w-]+)(?:\/([\w-]+))?$/.exec(module) ?? [];
  if (name) return `/packages/${name}/src/${part}.d.ts`;
  return new URL(module.replace(/(?:\.d)?\.[jt]s$/, ".d.ts"), `file://${from}`).pathname;
}

function asMistake({ start = 0, length = 1, category, messageText }: ts.Diagnostic): Mistake {
  const severity = category === ts.DiagnosticCategory.Error ? "error" : "warning";
  // What it would have one install or set belongs to projects, not to a page.
  const message = ts
    .flattenDiagnosticMessageText(messageText, "\n")
    .replace(/ Do you need to (?:install|change).*$/s, "");
  return { from: start, to: start + length, severity, message };
}

function explanation(
  { displayParts, documentation, tags }: Pick<ts.QuickInfo, "displayParts" | "documentation" | "tags">,
  from: number,
  to: number,
): Explanation {
  const said = (parts: readonly ts.SymbolDisplayPart[] | undefined) => ts.displayPartsToString([...(parts ?? [])]);
  const tagged = (tags ?? []).map(({ name, text }) => `@${name} ${said(text)}`.trim());
  return { from, to, code: said(displayParts), words: [said(documentation), ...tagged].filter(Boolean).join("\n\n") };
}

const types: Readonly<Record<string, string>> = {
  function: "function",
  "local function": "function",
  method: "method",
  class: "class",
  "local class": "class",
  interface: "interface",
  type: "type",
  property: "property",
  getter: "property",
  const: "constant",
  keyword: "keyword",
  module: "namespace",
};
