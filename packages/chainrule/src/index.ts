/**
 * What a script imports: tensors and derivatives, losses, layers and training, data, and drawing.
 */
export * from "@chainrule/compiler";
export * from "@chainrule/core";
export * from "@chainrule/data";
export * from "@chainrule/distributions";
export * from "@chainrule/experiments";
export * from "@chainrule/explain";
export * from "@chainrule/functions";
export * from "@chainrule/io";
export * from "@chainrule/losses";
export * from "@chainrule/nn";
export * from "@chainrule/notebook";
export * from "@chainrule/transforms";
export * from "@chainrule/viz";
