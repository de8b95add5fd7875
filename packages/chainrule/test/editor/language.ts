/**
 * What an editor knows of a program that imports `chainrule`: TypeScript's language service, asked as an editor asks it.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript-6";

/** A program that is being written; `chainrule` is found from here. Its text is what is asked about. */
const file = fileURLToPath(new URL("program.ts", import.meta.url));
let text = "";
let version = 0;

const options: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  types: ["node"],
};

const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [file],
  getScriptVersion: (path) => (path === file ? String(version) : "0"),
  getScriptSnapshot: (path) => {
    if (path === file) return ts.ScriptSnapshot.fromString(text);
    return ts.sys.fileExists(path) ? ts.ScriptSnapshot.fromString(readFileSync(path, "utf8")) : undefined;
  },
  getCurrentDirectory: () => fileURLToPath(new URL(".", import.meta.url)),
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (path) => path === file || ts.sys.fileExists(path),
  readFile: ts.sys.readFile,
  readDirectory: ts.sys.readDirectory,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
  realpath: ts.sys.realpath,
});

function open(program: string): void {
  text = program;
  version++;
}

/** The names that an editor offers where a `|` stands in the program. */
export function completions(program: string): string[] {
  const at = program.indexOf("|");
  open(program.replace("|", ""));
  return service.getCompletionsAtPosition(file, at, {})?.entries.map(({ name }) => name) ?? [];
}

/** What an editor underlines: what stands there, and what is said of it. */
export function mistakes(program: string): string[] {
  open(program);
  return [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)].map(
    ({ start = 0, length = 0, messageText }) =>
      `${text.slice(start, start + length)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
  );
}

/** The texts that a type of texts allows. */
export function textsOf(type: string): string[] {
  return completions(`import type { ${type} } from "chainrule";\nexport const text: ${type} = "|";`);
}

/** What an editor shows of a name under the pointer. */
export interface Hover {
  readonly declaration: string;
  readonly text: string;
  /** What the tags say, by their names. */
  readonly tags: Readonly<Record<string, string>>;
}

/** What an editor shows where a `|` stands in the program; null where it shows nothing. */
export function hover(program: string): Hover | null {
  return hovers(program)[0];
}

/** What an editor shows at each `|` of a program, which is read and checked once. */
export function hovers(program: string): (Hover | null)[] {
  const parts = program.split("|");
  open(parts.join(""));
  let at = 0;
  return parts.slice(0, -1).map((part) => {
    at += part.length;
    return hoverAt(at);
  });
}

function hoverAt(at: number): Hover | null {
  const info = service.getQuickInfoAtPosition(file, at);
  if (!info) return null;
  return {
    declaration: ts.displayPartsToString(info.displayParts),
    text: ts.displayPartsToString(info.documentation),
    tags: Object.fromEntries(info.tags?.map((tag) => [tag.name, ts.displayPartsToString(tag.text)]) ?? []),
  };
}

/** Something public that can be called or made: `model.fit` as `Model.fit`, `metrics.f1`, `new Dense` as `Dense`. */
export interface Callable {
  readonly name: string;
  readonly signatures: readonly (readonly Parameter[])[];
}

/** A parameter of a signature. */
export interface Parameter {
  readonly name: string;
  /** As it is written. */
  readonly type: string;
  /** Whether it is an object of options and nothing else: some may be left out, or it is called so. */
  readonly isOptions: boolean;
  /** Which of `number`, `boolean` and `string` may stand in its place. */
  readonly takes: readonly string[];
}

/** All functions, constructors and methods that `chainrule` exports. */
export function callables(): Callable[] {
  open('import * as chainrule from "chainrule";\nvoid chainrule;\n');
  const program = service.getProgram()!;
  const checker = program.getTypeChecker();
  const [{ moduleSpecifier }] = program.getSourceFile(file)!.statements.filter(ts.isImportDeclaration);
  const found: Callable[] = [];

  const read = (name: string, type: ts.Type): Parameter => {
    const parts = (type.isUnion() ? type.types : [type]).filter((part) => !(part.flags & ts.TypeFlags.Undefined));
    const primitives = [checker.getNumberType(), checker.getBooleanType(), checker.getStringType()];
    const isPlain = (part: ts.Type) =>
      (part.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0 &&
      part.getCallSignatures().length === 0 &&
      !checker.isArrayLikeType(part);
    const canBeLeftOut = (part: ts.Type) =>
      part.getProperties().length > 0 && part.getProperties().every(({ flags }) => flags & ts.SymbolFlags.Optional);
    return {
      name,
      type: checker.typeToString(type),
      isOptions:
        parts.length > 0 &&
        parts.every(isPlain) &&
        (/^(options|settings|drawing)$/.test(name) || parts.every(canBeLeftOut)),
      takes: primitives
        .filter((one) => checker.isTypeAssignableTo(one, type))
        .map((one) => checker.typeToString(one))
        // A text has a length too.
        .filter((one) => one !== "string" || !parts.some((part) => part.getProperty("length"))),
    };
  };

  /** The parameters; those of a tuple one by one. */
  const readAll = ({ parameters }: ts.Signature) =>
    parameters.flatMap((parameter) => {
      const type = checker.getTypeOfSymbol(parameter);
      if (!checker.isTupleType(type)) return [read(parameter.name, type)];
      const { target } = type as ts.TupleTypeReference;
      return checker.getTypeArguments(type as ts.TupleTypeReference).map((one, i) => {
        const label = target.labeledElementDeclarations?.[i]?.name;
        return read(label && ts.isIdentifier(label) ? label.text : parameter.name, one);
      });
    });

  const add = (name: string, type: ts.Type) => {
    const signatures = [...type.getCallSignatures(), ...type.getConstructSignatures()];
    if (signatures.length > 0) found.push({ name, signatures: signatures.map(readAll) });
  };

  const visit = (name: string, symbol: ts.Symbol): void => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    if (target.flags & ts.SymbolFlags.ValueModule) {
      for (const inner of checker.getExportsOfModule(target)) visit(`${name}.${inner.name}`, inner);
      return;
    }
    if (target.flags & ts.SymbolFlags.Value) add(name, checker.getTypeOfSymbol(target));
    if (!(target.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) return;
    // What is inherited of Array, Error and the like is theirs.
    for (const member of checker.getDeclaredTypeOfSymbol(target).getProperties())
      if (member.declarations?.some((one) => !program.isSourceFileDefaultLibrary(one.getSourceFile())))
        add(`${name}.${member.name}`, checker.getTypeOfSymbol(member));
  };
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(moduleSpecifier)!))
    visit(symbol.name, symbol);
  return found;
}
