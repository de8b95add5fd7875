/**
 * The reference vectors of all ops with the fast eager kernels, and compiled.
 */
import * as core from "@chainrule/core";
import { checkOpReferences } from "../../core/test/op-references.ts";
import { jit } from "../src/index.ts";

checkOpReferences({ ...core, jit });
