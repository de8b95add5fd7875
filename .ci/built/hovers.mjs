// Under an editor's pointer stands what the sources say, read from the declarations that an installed package has: a sentence
// for everything public, the formulas of losses, the shapes of layers, an example of what can be called; and "go to definition"
// leads to a declaration. TypeScript 5.4 is asked through its language service, the newest through its language server.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const namespaces = ["information", "initializers", "metrics"];

/**
 * @param folder has the packages installed
 * @param oldTypeScript the folder of TypeScript 5.4
 */
export async function checkHovers(folder, oldTypeScript) {
  const chainrule = await import(pathToFileURL(join(folder, "node_modules/chainrule/dist/node/index.js")).href);
  const exported = (path) => path.split(".").reduce((of, name) => of[name], chainrule);
  const names = Object.keys(chainrule).flatMap((name) =>
    namespaces.includes(name) ? Object.keys(chainrule[name]).map((inner) => `${name}.${inner}`) : [name],
  );
  // One name to a line, and some members that are asked for by what they belong to.
  const members = ["new chainrule.Sequential().fit", "chainrule.tensor([1]).exp", "chainrule.huber.with"];
  const lines = [
    'import * as chainrule from "chainrule";',
    ...names.map((name) => `chainrule.${name};`),
    ...members.map((one) => `${one};`),
  ];
  const file = join(folder, "hovers.ts");
  const text = `${lines.join("\n")}\n`;
  writeFileSync(file, text);
  const options = {
    module: "nodenext",
    target: "es2022",
    lib: ["es2022", "dom"],
    types: [],
    strict: true,
    noEmit: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["hovers.ts"] }));
  const asked = [...names, ...members];
  const places = asked.map((_, i) => ({ line: i + 1, character: lines[i + 1].length - 2 }));
  const newest = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  for (const [which, answers] of [
    ["TypeScript 5.4", askService(oldTypeScript, file, text, places)],
    ["the newest TypeScript", await askServer(newest, folder, file, text, places)],
  ]) {
    const found = new Map(asked.map((name, i) => [name, answers[i]]));
    const wrong = asked.flatMap((name) =>
      (members.includes(name) ? checkMember : checkName)(name, found, exported, chainrule),
    );
    if (wrong.length > 0)
      throw new Error(`hovers of ${which}: ${wrong.slice(0, 20).join("; ")} (${wrong.length} in all)`);
    console.log(`${which} shows ${asked.length} names with what their docstrings say, and finds their declarations`);
  }
}

/** What is missing of a name: its sentence, its declaration, an example, a formula or shapes. */
function checkName(name, found, exported, { Layer, lossNames }) {
  const { hover, definition } = found.get(name);
  const value = exported(name);
  const wrong = checkDefinition(name, definition);
  // The first line is the declaration itself.
  if (!hover || !/\S+ \S+|\d|=/.test(hover.said)) return [...wrong, `${name} is shown without a sentence`];
  const isClass = typeof value === "function" && value.prototype instanceof Error;
  // What is made by a call names it: as a link, or, in what the server writes, by its name alone.
  const named = value?.prototype ? (hover.said.match(/\w+/g) ?? []) : [];
  const example = hover.hasExample || named.some((other) => found.get(other)?.hover?.hasExample);
  if (typeof value === "function" && !isClass && !example && !/internal/.test(hover.said))
    wrong.push(`${name} has no example`);
  if (typeof value === "function" && value.prototype instanceof Layer && !/shape|same as/i.test(hover.said))
    wrong.push(`${name} says no shapes`);
  if (lossNames().includes(name) && !/[=Σℓ]/.test(hover.said)) wrong.push(`${name} has no formula`);
  return wrong;
}

function checkMember(name, found) {
  const { hover, definition } = found.get(name);
  return [
    ...checkDefinition(name, definition),
    ...(hover && /\S+ \S+/.test(hover.said) ? [] : [`${name} is shown without a sentence`]),
  ];
}

/** A declaration that is there, where it says that the name is. */
function checkDefinition(name, definition) {
  if (!definition || !existsSync(definition.file)) return [`the declaration of ${name} is nowhere`];
  const line = readFileSync(definition.file, "utf8").split("\n")[definition.line] ?? "";
  const last = name.split(".").at(-1);
  return line.includes(last) || /export \{|default/.test(line)
    ? []
    : [`the declaration of ${name} leads to "${line.trim().slice(0, 60)}"`];
}

/** TypeScript's language service, within this process. */
function askService(typescript, file, text, places) {
  const ts = createRequire(join(typescript, "package.json"))("./lib/typescript.js");
  const options = {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
    noEmit: true,
  };
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => "0",
    getScriptSnapshot: (path) =>
      ts.sys.fileExists(path) ? ts.ScriptSnapshot.fromString(readFileSync(path, "utf8")) : undefined,
    getCurrentDirectory: () => dirname(file),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: ts.sys.realpath,
  });
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return places.map(({ line, character }) => {
    const at = starts[line] + character;
    const info = service.getQuickInfoAtPosition(file, at);
    const [definition] = service.getDefinitionAtPosition(file, at) ?? [];
    const lineOf = ({ fileName, textSpan }) =>
      readFileSync(fileName, "utf8").slice(0, textSpan.start).split("\n").length - 1;
    return {
      hover: info && {
        said: [
          ts.displayPartsToString(info.documentation),
          ...(info.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`),
        ].join("\n"),
        hasExample: (info.tags ?? []).some(({ name }) => name === "example"),
      },
      definition: definition && { file: definition.fileName, line: lineOf(definition) },
    };
  });
}

/** TypeScript's language server, a process that editors talk to. */
async function askServer(tsc, folder, file, text, places) {
  const server = spawn(process.execPath, [tsc, "--lsp", "--stdio"], {
    cwd: folder,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map();
  let last = 0;
  let bytes = Buffer.alloc(0);
  const send = (message) => {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const ask = (method, params) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      send({ id: last, method, params });
    });
  server.stdout.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const end = bytes.indexOf("\r\n\r\n");
      const [, length] = end < 0 ? [] : /Content-Length: (\d+)/i.exec(bytes.subarray(0, end).toString());
      if (end < 0 || bytes.length < end + 4 + Number(length)) return;
      const message = JSON.parse(bytes.subarray(end + 4, end + 4 + Number(length)).toString());
      bytes = bytes.subarray(end + 4 + Number(length));
      const asked = message.method === undefined && waiting.get(message.id);
      if (asked) {
        waiting.delete(message.id);
        if (message.error) asked.reject(new Error(message.error.message));
        else asked.resolve(message.result);
      } else if (message.id !== undefined)
        send({
          id: message.id,
          result: Array.isArray(message.params?.items) ? message.params.items.map(() => null) : null,
        });
    }
  });
  server.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("TypeScript's language server has ended"));
  });
  try {
    const uri = pathToFileURL(file).href;
    await ask("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: { textDocument: { hover: { contentFormat: ["markdown"] }, definition: {} } },
    });
    send({ method: "initialized", params: {} });
    send({
      method: "textDocument/didOpen",
      params: { textDocument: { uri, languageId: "typescript", version: 1, text } },
    });
    const answers = [];
    for (const position of places) {
      const params = { textDocument: { uri }, position };
      const hover = await ask("textDocument/hover", params);
      const found = await ask("textDocument/definition", params);
      const [definition] = Array.isArray(found) ? found : found ? [found] : [];
      // The declaration stands in the first block of code.
      const said = hover && String(hover.contents.value ?? hover.contents).replace(/^```[\s\S]*?```/, "");
      answers.push({
        hover: hover && { said, hasExample: /@example/.test(said) },
        definition: definition && {
          file: fileURLToPath(definition.uri ?? definition.targetUri),
          line: (definition.range ?? definition.targetSelectionRange).start.line,
        },
      });
    }
    return answers;
  } finally {
    server.kill();
  }
}
