// Compiled training in other engines: newer Nodes, Deno and Bun from npm, and Chromium, under a content security policy that
// lets WebAssembly compile and under one that does not. All must arrive at the numbers that this Node finds eagerly.
//
// `node .ci/engines.mjs` runs all of it and fails where an engine cannot be had; `node .ci/engines.mjs node@24`, `bun` or
// `chromium` runs one.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { findChromium } from "./chromium.mjs";

const folder = mkdtempSync(join(tmpdir(), "chainrule-engines-"));

/** The program with all of the library in one file. */
async function bundle(platform, last) {
  const { outputFiles } = await build({
    stdin: { contents: `import { check } from "./.ci/engines/program.mjs";\n${last}`, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    format: "esm",
    platform,
    logLevel: "error",
  });
  return outputFiles[0].text;
}

function compare(engine, found, wanted, mostModules) {
  const problems = [];
  for (const [name, modes] of Object.entries(found.results)) {
    const expected = wanted.results[name].eager ?? wanted.results[name].compiled;
    for (const [mode, numbers] of Object.entries(modes))
      numbers.forEach((x, i) => {
        if (!(Math.abs(x - expected[i]) <= 2e-4 * Math.max(1, Math.abs(expected[i]))))
          problems.push(`${name}, ${mode}, number ${i}: ${x} in place of ${expected[i]}`);
      });
  }
  if (mostModules === 0 ? found.modules !== 0 : found.modules < 10)
    problems.push(`${found.modules} modules were compiled`);
  const modules = `${found.modules} modules, ${found.bytes} bytes`;
  console.log(`${engine}, ${found.engine}: ${modules}, ${problems.length} problems`);
  for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`);
  return problems.length === 0;
}

/** What a Node prints that runs the program; `command` is how it is called. */
function inNode(command, args) {
  return JSON.parse(execFileSync(command, [...args, join(folder, "program.mjs")], { encoding: "utf8" }));
}

/** No phoning home, no updates: only the page. */
const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-sync", "--disable-extensions", ...quiet];

/** What the page sends back from Chromium under such a policy for scripts. */
async function inChromium(command, page, policy) {
  let browser;
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      let body = "";
      request.on("data", (part) => {
        body += part;
      });
      request.on("end", () => {
        response.end();
        server.emit("found", body);
      });
      return;
    }
    const isScript = request.url === "/program.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.setHeader("content-security-policy", `default-src 'none'; connect-src 'self'; script-src ${policy}`);
    response.end(isScript ? page : '<!doctype html><script type="module" src="/program.js"></script>');
  });
  try {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const profile = join(folder, `profile-${policy.length}`);
    const address = `http://127.0.0.1:${server.address().port}/`;
    browser = spawn(command, [...flags, `--user-data-dir=${profile}`, address], { stdio: "ignore", detached: true });
    const body = await new Promise((resolve, reject) => {
      server.once("found", resolve);
      browser.once("error", reject);
      browser.once("exit", (code) => reject(new Error(`the browser left with code ${code}`)));
      setTimeout(() => reject(new Error("the page did not answer within two minutes")), 120_000).unref();
    });
    const found = JSON.parse(body);
    if (found.error) throw new Error(found.error);
    return found;
  } finally {
    browser?.removeAllListeners("exit");
    // With all processes that it has started, which write to its folder too; it may have left by itself.
    try {
      if (browser?.pid) process.kill(-browser.pid, "SIGKILL");
    } catch {}
    server.closeAllConnections();
    server.close();
  }
}

async function checkChromium(wanted) {
  const command = findChromium();
  if (command === null) {
    console.log("chromium: NOT CHECKED, because there is none and apt-get could not install it");
    return false;
  }
  const report = "await fetch('/', { method: 'POST', body: JSON.stringify(found) });";
  const page = await bundle(
    "browser",
    `let found; try { found = await check(); } catch (error) { found = { error: String(error.stack) }; } ${report}`,
  );
  const allowed = await inChromium(command, page, "'self' 'wasm-unsafe-eval'");
  const forbidden = await inChromium(command, page, "'self'");
  return [
    compare("chromium", allowed, wanted),
    compare("chromium where WebAssembly is forbidden", forbidden, wanted, 0),
  ].every(Boolean);
}

/** What npm has of engines that are no Node, and how each is told to run a program. */
const others = { deno: ["deno@2.9.6", "run", "-A"], bun: ["bun@1.4.5"] };

/** Runs the sources as they are, with what they read a table by, and no further permission for that. */
function readsTable(deno) {
  const printed = execFileSync("npx", [...deno, "examples/03-logistic-regression.ts"], { encoding: "utf8" });
  console.log(`deno runs an example from source: ${printed.trim().split("\n").at(-1)}`);
}

function checkNode(version, wanted) {
  try {
    const isAlike = compare(version, inNode("npx", ["-y", ...(others[version] ?? [version])]), wanted);
    if (version === "deno") readsTable(["-y", ...others.deno]);
    return isAlike;
  } catch (error) {
    console.log(`${version}: NOT CHECKED, ${error.message.split("\n")[0]}`);
    return false;
  }
}

try {
  const asked = process.argv.slice(2);
  writeFileSync(join(folder, "program.mjs"), await bundle("node", "console.log(JSON.stringify(await check()));"));
  const own = inNode(process.execPath, []);
  const results = [compare("this Node", own, own)];
  results.push(compare("this Node without WebAssembly", inNode(process.execPath, ["--no-expose-wasm"]), own, 0));
  for (const engine of asked.length > 0 ? asked : ["node@22", "node@24", "deno", "bun", "chromium"])
    results.push(engine === "chromium" ? await checkChromium(own) : checkNode(engine, own));
  if (!results.every(Boolean)) process.exitCode = 1;
} finally {
  await removeFolder();
}

/** A browser that was told to end may write for a moment longer; what is left in the end is the system's to clear away. */
async function removeFolder() {
  for (let i = 0; i < 20; i++)
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
}
