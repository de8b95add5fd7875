/**
 * Builds the site and serves it: `npx -y pnpm@12 run docs`, with `--port 8080` at another port.
 */
import { parseArgs } from "node:util";
import { serve } from "vitepress";
import { buildSite, site } from "./build.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "4174" } } });
await buildSite();
await serve({ root: site, port: Number(values.port) });
