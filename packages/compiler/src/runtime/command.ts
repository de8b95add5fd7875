/** One of the things that a call of a program does, one after another. */
export type Command = () => void;
