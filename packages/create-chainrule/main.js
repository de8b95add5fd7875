#!/usr/bin/env node
import { create, help } from "./create.js";

const given = process.argv.slice(2);
if (given.includes("--help") || given.includes("-h")) console.log(help);
else {
  try {
    console.log(create(given));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
