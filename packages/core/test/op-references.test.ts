import * as core from "../src/index.ts";
import { checkOpReferences } from "./op-references.ts";

checkOpReferences(core);
