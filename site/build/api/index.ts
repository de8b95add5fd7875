/**
 * The API reference: a page for everything that the packages export, made of the docstrings that TypeDoc reads, and lists by kind.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formulaByName } from "@chainrule/core/formulas";
import temml from "temml";
import { type Reflection, ReflectionKind } from "typedoc";
import { lossFormulas } from "../../losses/formulas.ts";
import { lossNotes } from "../../losses/table.ts";
import { peerNames } from "../losses.ts";
import { convert } from "./convert.ts";
import { groupsOf, type Item, type Module, modulesOf } from "./items.ts";
import { firstSentence, inRow, type Places } from "./markdown.ts";
import { anchorOf, functionParts, type Maker, pageOf, summaryOf } from "./page.ts";

/** Where the sidebar reads the headings of each package. */
export const groupsFile = "pages/api/groups.json";

/** Writes `pages/api`. @returns what it says of a loss, without its name and what leads to other pages. */
export async function writeApi(site: string): Promise<(loss: string) => string> {
  const api = await convert(site);
  const modules = modulesOf(api);
  const items = modules.flatMap((module) => module.items);
  const places = placesOf(items);
  const maker: Maker = {
    api,
    places,
    formulaOf: drawnFormula,
    footerOf,
  };
  const write = (page: string, text: string) => {
    const path = join(site, "pages", `${page}.md`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${text}\n`);
  };
  for (const item of items) write(item.page, pageOf(item, maker));
  for (const module of modules) write(`/api/${module.name}/index`, modulePage(module, places));
  write("/api/index", startPage(modules));
  const groups = modules.map((module) => [module.name, groupsOf(module).map(([group]) => [group, anchorOf(group)])]);
  writeFileSync(join(site, groupsFile), JSON.stringify(Object.fromEntries(groups)));
  const losses = new Map(items.flatMap((item) => (item.module === "losses" ? [[item.name, item]] : [])));
  return (loss) => functionParts(losses.get(loss)!, maker).join("\n\n");
}

function placesOf(items: readonly Item[]): Places {
  const byReflection = new Map<Reflection, string>(items.map(({ reflection, page }) => [reflection, page]));
  const byName = new Map<string, string | null>();
  // A class before a function of the same name in other letters; two of one name are told apart by nobody.
  for (const { name, page } of items) byName.set(name, byName.has(name) ? null : page);
  const ofReflection = (target: Reflection): string | null => {
    const page = byReflection.get(target);
    if (page) return page;
    const of = target.kindOf(ReflectionKind.SomeSignature) ? target.parent : target;
    const parent = of?.parent && byReflection.get(of.parent);
    if (of && byReflection.has(of)) return byReflection.get(of)!;
    if (!parent || !of) return null;
    return of.kindOf(ReflectionKind.Method) ? `${parent}#${anchorOf(of.name)}` : parent;
  };
  return { ofReflection, ofName: (name) => byName.get(name) ?? null };
}

/** What an operation computes and its derivatives, as browsers draw formulas. */
function drawnFormula({ module, name }: Item): string {
  if (module === "losses" && Object.hasOwn(lossFormulas, name)) return drawn(lossFormulas[name]);
  const formula = module === "core" ? formulaByName(name) : null;
  if (!formula) return "";
  const [result, ...derivatives] = formula.tex;
  // Where it is said in words, the docstring says it better; what has no derivative is compared or counted.
  if (result.includes("\\text{") || derivatives.length === 0) return "";
  const of = derivatives.flatMap((tex, i) => {
    if (tex === null) return [];
    return [tex.includes("\\partial") ? tex : `\\frac{\\partial y}{\\partial ${"abc"[i]}} = ${tex}`];
  });
  return drawn([`y = ${result}`, ...of].join(" \\qquad "));
}

/** TeX as MathML, which Vue leaves alone. */
export function drawn(tex: string): string {
  return `<div class="formula" v-pre>${temml.renderToString(tex, { displayMode: true, throwOnError: true })}</div>`;
}

/** A loss is called otherwise elsewhere, and has a page with its curve. */
function footerOf({ module, name, kind }: Item): string[] {
  if (module !== "losses" || kind !== "function" || !Object.hasOwn(lossNotes, name)) return [];
  const rows = peerNames(lossNotes[name]).map(([peer, text]) => `| ${peer} | ${text} |`);
  return [
    ...(rows.length > 0 ? [`## Elsewhere\n\n| library | name |\n|---|---|\n${rows.join("\n")}`] : []),
    `Its curve, and when to take it: [${name} among the losses](/losses/${name}).`,
  ];
}

const row = (item: Item, places: Places) =>
  `| [${item.path}](${item.page}) | ${inRow(firstSentence(summaryOf(item, places)))} |`;

function modulePage(module: Module, places: Places): string {
  const parts = groupsOf(module).map(
    ([group, items]) =>
      `## ${group}\n\n| name | what it is |\n|---|---|\n${items.map((item) => row(item, places)).join("\n")}`,
  );
  return [
    `---\npageClass: api\noutline: 2\nprev: false\nnext: false\n---`,
    `<div class="crumbs">\n\n[API](/api/) / ${module.name}\n\n</div>`,
    `# ${module.name}`,
    module.name.includes("/")
      ? `${module.description} In \`${module.packageName}\`, also in \`chainrule\`.`
      : `${module.description} In [\`${module.packageName}\`](/packages/${module.name}), also in \`chainrule\`.`,
    ...parts,
  ].join("\n\n");
}

function startPage(modules: readonly Module[]): string {
  const lines = modules.map((module) => {
    const groups = groupsOf(module)
      .filter(([group]) => !["Types", "Errors"].includes(group))
      .map(([group, items]) => `[${group}](/api/${module.name}/#${anchorOf(group)}) (${items.length})`);
    return `| [${module.name}](/api/${module.name}/) | ${inRow(module.description)}<br>${groups.join(", ")} |`;
  });
  return [
    `---\npageClass: api\noutline: 2\nprev: false\nnext: false\n---`,
    "# API",
    "Everything that the packages export, with what its docstring says. A program imports all of it from `chainrule`. Press `/` or Ctrl K to search by a name, also by what Keras, PyTorch and optax call it.",
    `| package | what is in it |\n|---|---|\n${lines.join("\n")}`,
  ].join("\n\n");
}
