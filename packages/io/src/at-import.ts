/**
 * What Node does of this package when it is imported: tells `save` and `fit` who writes their files, whose code is loaded then.
 * With plain imports, those files do it themselves.
 */
import { setCheckpointStore, setModelWriter } from "@chainrule/nn";
import type { openFolder } from "./checkpoint/store.ts";
import type { writeModel } from "./model/file.ts";

export function atImport(all: () => { openFolder: typeof openFolder; writeModel: typeof writeModel }): void {
  setModelWriter((...given) => all().writeModel(...given));
  setCheckpointStore((folder) => all().openFolder(folder));
}
