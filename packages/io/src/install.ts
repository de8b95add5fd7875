/**
 * Makes `model.save` write files. What that takes is loaded when a model is first saved.
 */
import { setModelWriter } from "@chainrule/nn";

setModelWriter(async (model, path, options) => {
  const { saveModel } = await import("./model/file.ts");
  await saveModel(model, path, options);
});
