/** A module that is no module: it runs a sweep when it is imported. */
import { sweep } from "@chainrule/experiments";

export const train = ({ lr }: { lr: number }) => lr;
await sweep({ lr: [1] }, train);
