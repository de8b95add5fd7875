/**
 * A browser for checks of pages.
 */
import { spawnSync } from "node:child_process";

const chromes = ["chromium", "chromium-browser", "google-chrome"];

/** Chromium, installed from Debian's packages where this is Debian and its root; null where there is none. */
export function findChromium() {
  const has = (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;
  const found = chromes.find(has);
  if (found) return found;
  console.log("no Chromium here: asking apt-get for it");
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]])
    if (spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", "inherit"] }).status !== 0) return null;
  return has("chromium") ? "chromium" : null;
}
