/**
 * The page of a function, a class, a type or a constant.
 */
import {
  type Comment,
  type CommentDisplayPart,
  type DeclarationReflection,
  type ReferenceType,
  ReflectionKind,
} from "typedoc";
import type { Api, Options, Parameter, Signature } from "./convert.ts";
import type { Item } from "./items.ts";
import { escaped, inRow, type Places, tagsOf, textOf, textOfDocumentation, typeOf } from "./markdown.ts";

/** What pages are made with. */
export interface Maker {
  readonly api: Api;
  readonly places: Places;
  /** Its formula, drawn; "" where none is known. */
  formulaOf(item: Item): string;
  /** What stands at the end of the page: names elsewhere, further pages. */
  footerOf(item: Item): readonly string[];
}

/** The comment of a declaration, which for functions stands with the first signature that has one. */
export function commentOf(of: DeclarationReflection): Comment | undefined {
  const signatures = of.signatures ?? [];
  // That of a function itself may be the comment above the statement that exports it.
  const own = signatures.find(({ comment }) => comment)?.comment;
  return own ?? of.comment ?? of.getSignature?.comment ?? of.setSignature?.comment;
}

/** The whole page. */
export function pageOf(item: Item, maker: Maker): string {
  const { reflection, kind } = item;
  const parts =
    kind === "class"
      ? classParts(item, maker)
      : kind === "function"
        ? functionParts(item, maker)
        : typeParts(reflection, maker);
  const of = item.module === "losses" && item.group === "Losses" ? "A loss" : kindWords(item);
  return [
    `---\npageClass: api\noutline: [2, 3]\nprev: false\nnext: false\n---`,
    `<div class="crumbs">\n\n[API](/api/) / [${item.module}](/api/${item.module}/) / [${item.group}](/api/${item.module}/#${anchorOf(item.group)})\n\n</div>`,
    `# ${escaped(item.path)}`,
    `<div class="kind">\n\n${of} of \`${item.packageName}\`, also in \`chainrule\`${extendsOf(reflection, maker)}\n\n</div>`,
    ...parts,
    ...maker.footerOf(item),
    `<div class="file">\n\n\`${maker.api.fileOf(reflection)}\`\n\n</div>`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The anchor that VitePress gives a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\d]+/gu, "-")
    .replace(/^-|-$/g, "");
}

function kindWords({ kind, reflection, group }: Item): string {
  const names: Readonly<Record<string, string>> = {
    Layers: "A layer",
    Optimizers: "An optimizer",
    Metrics: "A metric",
    Callbacks: "A callback",
    Schedules: "A schedule",
    Errors: "An error",
  };
  if (kind === "class") return names[group] ?? "A class";
  if (kind === "function") return group === "Schedules" ? "A schedule" : "A function";
  if (kind === "constant") return "A constant";
  return reflection.kindOf(ReflectionKind.Interface) ? "An interface" : "A type";
}

function extendsOf(reflection: DeclarationReflection, { places }: Maker): string {
  const known = (reflection.extendedTypes ?? []).filter(
    ({ type, ...of }) => type === "reference" && places.ofName((of as { name: string }).name),
  );
  const parents = reflection.kindOf(ReflectionKind.Class) ? known : [];
  return parents.length > 0 ? `; a kind of ${parents.map((type) => typeOf(type.toString(), places)).join(", ")}` : "";
}

/** What stands on the page of a function below its name. */
export function functionParts(item: Item, maker: Maker): string[] {
  const { reflection } = item;
  const signatures = maker.api.signaturesOf(reflection);
  const comment = commentOf(reflection);
  return [
    codeOf(signatures, item.path, "function "),
    ...description(comment, maker, maker.formulaOf(item)),
    ...parametersPart(reflection, signatures, maker, "##"),
    returnsPart(comment, signatures, maker, "##"),
    ...closing(comment, maker, "##"),
  ];
}

function classParts(item: Item, maker: Maker): string[] {
  const { reflection } = item;
  const made = (reflection.children ?? []).find((child) => child.kindOf(ReflectionKind.Constructor));
  const holder = made ?? reflection;
  const signatures = maker.api.signaturesOf(holder);
  const comment = commentOf(reflection) ?? (made && commentOf(made));
  const isProtected = made?.flags.isProtected || reflection.flags.isAbstract;
  return [
    isProtected ? "" : codeOf(signatures, item.path, "new "),
    ...description(comment, maker, maker.formulaOf(item)),
    ...(isProtected ? [] : parametersPart(holder, signatures, maker, "##")),
    ...closing(comment, maker, "##"),
    made && reflection.comment && made.signatures?.[0]?.comment && made.signatures[0].comment !== comment
      ? closing(made.signatures[0].comment, maker, "##").join("\n\n")
      : "",
    ...membersParts(reflection, maker),
  ];
}

function typeParts(reflection: DeclarationReflection, maker: Maker): string[] {
  const comment = commentOf(reflection);
  const text = maker.api.textOf(reflection);
  const isConstant = reflection.kindOf(ReflectionKind.Variable);
  return [
    text ? `\`\`\`ts\n${text.replace(/^export (declare )?/, "")}\n\`\`\`` : "",
    isConstant && reflection.type ? `\`\`\`ts\nconst ${reflection.name}: ${reflection.type.toString()}\n\`\`\`` : "",
    ...description(comment, maker, ""),
    ...closing(comment, maker, "##"),
    ...membersParts(reflection, maker),
  ];
}

/** The signatures as TypeScript writes them, long ones with a line for each parameter. */
export function codeOf(signatures: readonly Signature[], name: string, keyword: string): string {
  if (signatures.length === 0) return "";
  const lines = signatures.map(({ typeParameters, parameters, returns, isConstructor }) => {
    const all = parameters.map(
      ({ name, type, isOptional, isRest }) => `${isRest ? "..." : ""}${name}${isOptional ? "?" : ""}: ${type}`,
    );
    const head = `${keyword}${name}${typeParameters ? `<${typeParameters}>` : ""}`;
    const tail = isConstructor ? "" : `: ${returns}`;
    const line = `${head}(${all.join(", ")})${tail}`;
    return line.length <= 66 ? line : `${head}(\n${all.map((each) => `  ${each},\n`).join("")})${tail}`;
  });
  return `\`\`\`ts\n${[...new Set(lines)].join("\n")}\n\`\`\``;
}

/** What it is, the formula, and the example, which readers look for first. */
function description(comment: Comment | undefined, { places }: Maker, formula: string): string[] {
  const [summary, ...rest] = textOf(comment?.summary ?? [], places)
    .trim()
    .split(/\n\s*\n/);
  return [summary ?? "", formula, ...rest, ...tagsOf(comment, "@remarks", places), ...examplesOf(comment, places)];
}

function examplesOf(comment: Comment | undefined, places: Places): string[] {
  return tagsOf(comment, "@example", places).map((text) =>
    text.startsWith("```") ? text : `\`\`\`ts\n${text}\n\`\`\``,
  );
}

/** A table of the parameters, and one for each object of options. */
function parametersPart(
  of: DeclarationReflection,
  signatures: readonly Signature[],
  maker: Maker,
  heading: string,
): string[] {
  const { places } = maker;
  const named = new Map<string, Parameter & { types: string[] }>();
  for (const signature of signatures)
    for (const parameter of signature.parameters) {
      const before = named.get(parameter.name);
      named.set(parameter.name, {
        ...parameter,
        isOptional: parameter.isOptional || (before?.isOptional ?? false),
        options: [...(before?.options ?? []), ...parameter.options],
        canBeLeftOut: [...(before?.canBeLeftOut ?? []), ...parameter.canBeLeftOut],
        types: [...new Set([...(before?.types ?? []), parameter.type])],
      });
    }
  if (named.size === 0) return [];
  const rows = [...named.values()].map(({ name, isOptional, types }) => {
    const said = parameterText(of, name, maker);
    return [`\`${name}${isOptional ? "?" : ""}\``, types.map((type) => typeOf(type, places)).join(" or "), said];
  });
  const options = new Map([...named.values()].flatMap((parameter) => parameter.options.map((one) => [one.name, one])));
  // Its own before those of all losses; what no comment describes stands with the parameter.
  const described = [...options.values()].filter(({ properties }) => properties.some(({ text }) => text !== ""));
  const sorted = described.sort((a, b) => Number(a.name === "LossOptions") - Number(b.name === "LossOptions"));
  const canBeLeftOut = new Set([...named.values()].flatMap((parameter) => parameter.canBeLeftOut));
  return [
    `${heading} Parameters`,
    table(["parameter", "type", "what it is"], rows),
    ...sorted.flatMap((one) => optionsPart(one, canBeLeftOut, maker, heading)),
  ];
}

function parameterText(of: DeclarationReflection, name: string, { api, places }: Maker): string {
  const kept = api.parameterComment(of, name);
  if (kept) return textOf(kept, places).replace(/^\s*-\s*/, "");
  for (const { parameters } of of.signatures ?? [])
    for (const parameter of parameters ?? [])
      if (parameter.name === name && parameter.comment) return textOf(parameter.comment.summary, places);
  return "";
}

/** The options of an interface. */
function optionsPart(
  { name, properties }: Options,
  canBeLeftOut: ReadonlySet<string>,
  { places }: Maker,
  heading: string,
): string[] {
  const rows = properties.map((option) => [
    `\`${option.name}${option.isOptional || canBeLeftOut.has(option.name) ? "?" : ""}\``,
    typeOf(option.type, places),
    textOfDocumentation(option.text, places),
  ]);
  return [`${heading}# ${name}`, table(["name", "type", "what it is"], rows)];
}

function propertyTable(properties: readonly DeclarationReflection[], maker: Maker): string {
  const { places } = maker;
  const rows = properties.map((child) => {
    const type = child.type?.toString() ?? child.getSignature?.type?.toString() ?? "";
    const said = textOf(commentOf(child)?.summary ?? [], places);
    const mark = child.flags.isOptional ? "?" : "";
    return [`\`${child.name}${mark}\``, typeOf(type.replace(/ \| undefined$/, ""), places), said];
  });
  return table(["name", "type", "what it is"], rows);
}

function returnsPart(
  comment: Comment | undefined,
  signatures: readonly Signature[],
  maker: Maker,
  heading: string,
): string {
  const types = [...new Set(signatures.map(({ returns }) => returns))].filter((type) => type !== "void");
  if (types.length === 0) return "";
  const [said] = tagsOf(comment, "@returns", maker.places);
  return `${heading} Returns\n\n${types.map((type) => typeOf(type, maker.places)).join(" or ")}${said ? `: ${said}` : ""}`;
}

/** Errors and sources. */
function closing(comment: Comment | undefined, { places }: Maker, heading: string): string[] {
  // What follows a tag's paragraph belongs to no tag: most often the source.
  const throws = tagsOf(comment, "@throws", places).map((text) => text.split(/\n\s*\n/));
  const after = [...throws, ...tagsOf(comment, "@param", places).map((text) => text.split(/\n\s*\n/))].flatMap(
    ([, ...rest]) => rest,
  );
  const see = tagsOf(comment, "@see", places);
  return [
    ...(throws.length > 0 ? [`${heading} Throws`, throws.map(([text]) => text).join("\n\n")] : []),
    ...after.map((text) => (text.startsWith("Source:") ? `**Source.** ${text.slice(7).trim()}` : text)),
    ...see.map((text) => `See ${text}`),
  ];
}

/** Properties in a table, methods one by one; what is inherited is named. */
function membersParts(reflection: DeclarationReflection, maker: Maker): string[] {
  const all = (reflection.children ?? []).filter(
    (child) => !child.kindOf(ReflectionKind.Constructor) && !child.flags.isPrivate,
  );
  const isInherited = (child: DeclarationReflection) => originOf(child) !== undefined || saysWhatItsParentSays(child);
  const own = reflection.kindOf(ReflectionKind.Class) ? all.filter((child) => !isInherited(child)) : all;
  const inherited = all.filter((child) => !own.includes(child));
  const methods = own.filter((child) => child.kindOf(ReflectionKind.Method));
  const properties = own.filter((child) => !methods.includes(child));
  return [
    ...(properties.length > 0 ? ["## Properties", propertyTable(properties, maker)] : []),
    ...(methods.length > 0 ? ["## Methods", ...methods.flatMap((method) => methodParts(method, maker))] : []),
    inheritedPart(inherited, maker),
  ];
}

/** The member of another class that this one is. */
function originOf(member: DeclarationReflection): ReferenceType | undefined {
  return member.inheritedFrom ?? member.signatures?.[0]?.inheritedFrom ?? member.getSignature?.inheritedFrom;
}

/** The member of another class in whose place this one stands. */
function overriddenBy(member: DeclarationReflection): ReferenceType | undefined {
  return member.overwrites ?? member.signatures?.[0]?.overwrites ?? member.getSignature?.overwrites;
}

/** A method that does what the class above says of it, such as a layer's `forward`, wants no words of its own. */
function saysWhatItsParentSays(member: DeclarationReflection): boolean {
  const parent = overriddenBy(member)?.reflection;
  const of = parent?.kindOf(ReflectionKind.SomeSignature) ? parent.parent : parent;
  if (!of?.isDeclaration()) return false;
  const text = (each: DeclarationReflection) =>
    commentOf(each)
      ?.summary.map((part) => part.text)
      .join("") ?? "";
  return text(member) === text(of);
}

function methodParts(method: DeclarationReflection, maker: Maker): string[] {
  const comment = commentOf(method);
  const signatures = maker.api.signaturesOf(method);
  const rows = [...new Set(signatures.flatMap(({ parameters }) => parameters.map(({ name }) => name)))].flatMap(
    (name) => {
      const said = parameterText(method, name, maker);
      return said ? [`- \`${name}\`: ${inRow(said)}`] : [];
    },
  );
  const [returns] = tagsOf(comment, "@returns", maker.places);
  return [
    `### ${escaped(method.name)}${method.flags.isProtected ? ' <Badge type="info" text="for subclasses" />' : ""}`,
    codeOf(signatures, method.name, method.flags.isStatic ? "static " : ""),
    ...description(comment, maker, ""),
    rows.join("\n"),
    returns ? `Returns ${returns}` : "",
    ...tagsOf(comment, "@throws", maker.places).map((text) => `Throws ${text}`),
  ];
}

function inheritedPart(members: readonly DeclarationReflection[], { places }: Maker): string {
  const names = members.flatMap((member) => {
    const target = (originOf(member) ?? overriddenBy(member))?.reflection;
    const address = target ? places.ofReflection(target) : null;
    return [address ? `[\`${member.name}\`](${address})` : `\`${member.name}\``];
  });
  return names.length > 0 ? `## Inherited\n\n${names.join(", ")}` : "";
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, i) => rows.some((row) => row[i].trim() !== ""));
  const line = (cells: readonly string[]) => `| ${cells.filter((_, i) => used[i]).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map((row) => line(row.map(inRow)))].join("\n");
}

/** A comment's text without its tags. */
export function summaryOf(item: Item, places: Places): string {
  const parts: readonly CommentDisplayPart[] = commentOf(item.reflection)?.summary ?? [];
  return textOf(parts, places);
}
