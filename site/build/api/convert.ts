/**
 * What TypeDoc reads of the packages, with what it leaves out: how constants that are functions or classes are called, with
 * parameters one by one, and in which file each stands.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import {
  Application,
  type Comment,
  type CommentDisplayPart,
  type Context,
  Converter,
  type DeclarationReflection,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
  type SignatureReflection,
} from "typedoc";
import ts from "typescript";
import { packagesWithApi, root } from "../packages.ts";

/** One way to call something. */
export interface Signature {
  readonly isConstructor: boolean;
  readonly typeParameters: string;
  readonly parameters: readonly Parameter[];
  readonly returns: string;
}

/** A parameter, as a signature has it. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly isRest: boolean;
  /** The interfaces of which it consists, where it takes an object of options. */
  readonly options: readonly Options[];
  /** Those of its properties that may be left out. */
  readonly canBeLeftOut: readonly string[];
}

/** An interface of options, exported or not. */
export interface Options {
  readonly name: string;
  readonly properties: readonly Property[];
}

/** One option. */
export interface Property {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  /** Its comment, in which names that are links stand as `{@link Name}`. */
  readonly text: string;
}

/** What was read. */
export interface Api {
  readonly project: ProjectReflection;
  /** How a function, a constant or a class is called. */
  signaturesOf(of: DeclarationReflection): readonly Signature[];
  /** What the comment of a call says of a parameter. */
  parameterComment(of: DeclarationReflection, name: string): readonly CommentDisplayPart[] | null;
  /** The file that it stands in, from the repository's folder. */
  fileOf(of: Reflection): string;
  /** The text of a type's declaration. */
  textOf(of: Reflection): string | null;
}

const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;

/** Reads what each package exports. */
export async function convert(site: string): Promise<Api> {
  const entries = join(site, "entries");
  mkdirSync(entries, { recursive: true });
  for (const { folder, description } of packagesWithApi())
    writeFileSync(
      join(entries, `${folder}.ts`),
      `/**\n * ${description}.\n *\n * @module ${folder}\n */\nexport * from "../../packages/${folder}/src/index.ts";\n`,
    );
  try {
    const app = await Application.bootstrap({ options: join(site, "typedoc.json") });
    const calls = new Map<Reflection, Signature[]>();
    const comments = new Map<Reflection, Map<string, readonly CommentDisplayPart[]>>();
    const files = new Map<Reflection, string>();
    const texts = new Map<Reflection, string>();

    const keepParameters = (of: Reflection, comment: Comment | undefined) => {
      const said = comments.get(of) ?? new Map();
      for (const { tag, name, content } of comment?.blockTags ?? [])
        if (tag === "@param" && name && !said.has(name)) said.set(name, content);
      comments.set(of, said);
    };
    app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context: Context, reflection: DeclarationReflection) => {
      const symbol = context.getSymbolFromReflection(reflection);
      const declaration = symbol?.declarations?.[0];
      if (!symbol || !declaration) return;
      // TypeDoc would take the comment above the statement that exports it, which says what its file is.
      const own = context.getComment(symbol, reflection.kind);
      if (own && reflection.parent?.kindOf(ReflectionKind.SomeModule)) reflection.comment = own;
      files.set(reflection, relative(root, declaration.getSourceFile().fileName));
      if (ts.isTypeAliasDeclaration(declaration)) texts.set(reflection, declaration.getText());
      if (!reflection.kindOf(ReflectionKind.Variable)) return;
      const type = context.checker.getTypeOfSymbol(symbol);
      const signatures = [...type.getCallSignatures(), ...type.getConstructSignatures()];
      if (signatures.length === 0) return;
      const isConstructor = type.getConstructSignatures().length > 0;
      calls.set(
        reflection,
        signatures.map((signature) => readSignature(context.checker, signature, isConstructor)),
      );
      keepParameters(reflection, reflection.comment);
    });
    app.converter.on(
      Converter.EVENT_CREATE_SIGNATURE,
      (context: Context, reflection: SignatureReflection, _declaration: unknown, signature?: ts.Signature) => {
        if (!signature) return;
        const isConstructor = reflection.kindOf(ReflectionKind.ConstructorSignature);
        const of = reflection.parent;
        calls.set(of, [...(calls.get(of) ?? []), readSignature(context.checker, signature, isConstructor)]);
        keepParameters(of, reflection.comment);
      },
    );
    const project = await app.convert();
    if (!project) throw new Error("TypeDoc could not read the packages");
    return {
      project,
      signaturesOf: (of) => calls.get(of) ?? [],
      parameterComment: (of, name) => comments.get(of)?.get(name) ?? null,
      fileOf: (of) => files.get(of) ?? "",
      textOf: (of) => texts.get(of) ?? null,
    };
  } finally {
    rmSync(entries, { recursive: true });
  }
}

function readSignature(checker: ts.TypeChecker, signature: ts.Signature, isConstructor: boolean): Signature {
  return {
    isConstructor,
    typeParameters: (signature.typeParameters ?? [])
      .map(({ symbol }) => symbol.declarations?.[0].getText() ?? symbol.name)
      .join(", "),
    parameters: signature.parameters.flatMap((symbol) => readParameter(checker, symbol)),
    returns: textOfType(checker, signature.getReturnType()),
  };
}

/** The parameter; of a tuple's that takes the rest, one for each member. */
function readParameter(checker: ts.TypeChecker, symbol: ts.Symbol): Parameter[] {
  const { valueDeclaration } = symbol;
  const declaration = valueDeclaration && ts.isParameter(valueDeclaration) ? valueDeclaration : undefined;
  const type = checker.getTypeOfSymbol(symbol);
  const read = (name: string, of: ts.Type, isOptional: boolean, isRest: boolean): Parameter => ({
    name,
    type: textOfType(checker, of),
    isOptional,
    isRest,
    options: optionsOf(checker, of),
    canBeLeftOut: optionalNames(checker, of),
  });
  if (declaration?.dotDotDotToken && checker.isTupleType(type)) {
    const { target } = type as ts.TupleTypeReference;
    return checker.getTypeArguments(type as ts.TupleTypeReference).map((of, i) => {
      const label = target.labeledElementDeclarations?.[i]?.name;
      const name = label && ts.isIdentifier(label) ? label.text : symbol.name;
      const kind = target.elementFlags[i];
      return read(name, of, (kind & ts.ElementFlags.Optional) !== 0, (kind & ts.ElementFlags.Rest) !== 0);
    });
  }
  const isOptional = declaration !== undefined && (!!declaration.questionToken || !!declaration.initializer);
  return [read(symbol.name, type, isOptional, !!declaration?.dotDotDotToken)];
}

/** A type as its declaration says it, without what only its file knows. */
function textOfType(checker: ts.TypeChecker, type: ts.Type): string {
  const [alias] = type.aliasSymbol?.declarations ?? [];
  const isOwn =
    alias &&
    ts.isTypeAliasDeclaration(alias) &&
    !alias.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  const text = checker.typeToString(type, undefined, isOwn ? flags | ts.TypeFormatFlags.InTypeAlias : flags);
  return text.replace(/ \| undefined(?=[;,)]|$)/g, "").replace(/^\(([^()]*)\)$/, "$1");
}

function optionalNames(checker: ts.TypeChecker, type: ts.Type): string[] {
  if (type.isUnion()) return type.types.flatMap((part) => optionalNames(checker, part));
  if ((type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0 || checker.isArrayLikeType(type))
    return [];
  return checker
    .getPropertiesOfType(type)
    .flatMap(({ name, flags }) => (flags & ts.SymbolFlags.Optional ? [name] : []));
}

/** The interfaces of which a type of options consists. */
function optionsOf(checker: ts.TypeChecker, type: ts.Type): Options[] {
  const parts = type.isUnionOrIntersection() ? type.types : (type.aliasTypeArguments ?? []);
  const inner = parts.flatMap((part) => optionsOf(checker, part));
  const name = type.aliasSymbol?.name ?? type.symbol?.name;
  if (type.isUnionOrIntersection() || !name || !/(Options|Settings)$/.test(name)) return inner;
  const properties = checker.getPropertiesOfType(type).map((symbol) => ({
    name: symbol.name,
    type: textOfType(checker, checker.getTypeOfSymbol(symbol)),
    isOptional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
    text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
  }));
  return [...(properties.length > 0 ? [{ name, properties }] : []), ...inner];
}
