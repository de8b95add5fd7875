/**
 * What the reference has a page of, and in which group of its package each stands.
 */
import { type DeclarationReflection, ReflectionKind } from "typedoc";
import { packagesWithApi } from "../packages.ts";
import type { Api } from "./convert.ts";

/** Something that is exported. */
export interface Item {
  readonly name: string;
  readonly reflection: DeclarationReflection;
  readonly kind: "class" | "function" | "type" | "constant";
  /** `losses`, or `nn/metrics` of what a namespace has. */
  readonly module: string;
  /** `@chainrule/nn` */
  readonly packageName: string;
  /** As an import names it: `Dense`, `metrics.f1`. */
  readonly path: string;
  /** The page's address, without an ending. */
  readonly page: string;
  /** The heading under which its package lists it. */
  readonly group: string;
}

/** A package or a namespace. */
export interface Module {
  readonly name: string;
  readonly packageName: string;
  readonly description: string;
  readonly items: readonly Item[];
}

const folders = { class: "classes", function: "functions", type: "types", constant: "constants" } as const;

/**
 * What the folders of a large package's sources are called for readers; those that are not here are called as they are. The others
 * list functions and classes.
 */
const headings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  core: {
    ops: "Functions of tensors",
    tensor: "Tensors",
    autodiff: "Gradients",
    random: "Random numbers",
    scalar: "Scalar values",
  },
  losses: {
    families: "Losses",
    further: "Losses",
    definition: "Losses of your own",
    check: "Losses of your own",
    combination: "Losses of your own",
    information: "Information measures",
  },
  nn: {
    model: "Models",
    functional: "Models",
    module: "Modules",
    preprocessing: "Preprocessing layers",
    averaging: "Averages of weights",
    "learning-rate": "Finding a learning rate",
    diagnose: "What is wrong",
  },
  io: {
    graph: "Exports",
    onnx: "Exports",
    torch: "Exports",
    jax: "Exports",
    python: "Arrays of Python",
    foreign: "Weights of other libraries",
    model: "Models",
    checkpoint: "Checkpoints",
  },
  functions: { elementwise: "Element by element", sampling: "Sampling" },
};

/** In this order first; others follow, and types and errors come last. */
const first = [
  "Tensors",
  "Functions of tensors",
  "Gradients",
  "Random numbers",
  "Scalar values",
  "Losses",
  "Information measures",
  "Models",
  "Layers",
  "Optimizers",
  "Schedules",
  "Metrics",
  "Callbacks",
  "Initializers",
  "Regularizers and constraints",
  "Preprocessing layers",
  "Modules",
];
const last = ["Functions", "Classes", "Constants", "Types", "Errors"];

/** All modules with their items. */
export function modulesOf(api: Api): Module[] {
  const packages = packagesWithApi();
  return (api.project.children ?? []).flatMap((module) => {
    const of = packages.find(({ folder }) => folder === module.name);
    if (!of) throw new Error(`no package has the module ${module.name}`);
    const namespaces = (module.children ?? []).filter((child) => child.kindOf(ReflectionKind.Namespace));
    const read = (parent: DeclarationReflection, name: string, prefix: string, description: string): Module => ({
      name,
      packageName: of.name,
      description,
      items: (parent.children ?? [])
        .filter((child) => !child.kindOf(ReflectionKind.Namespace))
        .map((child) => itemOf(api, child, name, of.name, prefix)),
    });
    return [
      read(module, of.folder, "", `${of.description}.`),
      ...namespaces.map((space) =>
        read(space, `${of.folder}/${space.name}`, `${space.name}.`, `What stands under \`${space.name}\`.`),
      ),
    ];
  });
}

function itemOf(
  api: Api,
  reflection: DeclarationReflection,
  module: string,
  packageName: string,
  prefix: string,
): Item {
  const signatures = api.signaturesOf(reflection);
  const kind =
    reflection.kindOf(ReflectionKind.Class) || signatures.some(({ isConstructor }) => isConstructor)
      ? "class"
      : reflection.kindOf([ReflectionKind.Interface, ReflectionKind.TypeAlias])
        ? "type"
        : signatures.length > 0
          ? "function"
          : "constant";
  const { name } = reflection;
  return {
    name,
    reflection,
    kind,
    module,
    packageName,
    path: prefix + name,
    page: `/api/${module}/${folders[kind]}/${name}`,
    group: groupOf(api, reflection, kind),
  };
}

function groupOf(api: Api, reflection: DeclarationReflection, kind: Item["kind"]): string {
  if (kind === "type") return "Types";
  if (ancestorsOf(reflection).includes("ChainRuleError") || reflection.name === "ChainRuleError") return "Errors";
  const file = api.fileOf(reflection);
  if (/regulariz|constraint/.test(file)) return "Regularizers and constraints";
  if (/nn\/src\/activations/.test(file)) return "Layers";
  const [, name, folder] = /^packages\/([^/]+)\/src\/(?:([^/]+)\/)?/.exec(file) ?? [];
  const named = headings[name];
  if (!named || !folder) return { class: "Classes", function: "Functions", constant: "Constants" }[kind];
  return named[folder] ?? folder[0].toUpperCase() + folder.slice(1).replaceAll("-", " ");
}

function ancestorsOf(reflection: DeclarationReflection): string[] {
  return (reflection.extendedTypes ?? []).flatMap((type) => {
    if (type.type !== "reference") return [];
    const parent = type.reflection as DeclarationReflection | undefined;
    return [type.name, ...(parent ? ancestorsOf(parent) : [])];
  });
}

/** The groups of a module in their order, each by name. */
export function groupsOf({ items }: Module): [group: string, items: Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  const place = (group: string) => {
    const at = first.indexOf(group);
    return at >= 0 ? at : last.includes(group) ? 1000 + last.indexOf(group) : 500;
  };
  return [...groups]
    .map(([group, all]): [string, Item[]] => [
      group,
      all.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1)),
    ])
    .sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
}
