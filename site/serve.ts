/**
 * Builds the site and serves it: `npx -y pnpm@12 run docs`, with `--port 8080` at another port.
 */
import { serve } from "vitepress";
import { portOf } from "../playground/build/port.ts";
import { buildSite, site } from "./build.ts";

const port = portOf(4174);
await buildSite();
await serve({ root: site, port });
