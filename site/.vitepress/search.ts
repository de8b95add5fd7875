/**
 * How the search takes words apart. Both functions are sent to the page as texts, so that they use nothing from outside.
 */

/** The words of a text; a name such as `crossEntropy` or `softmax_cross_entropy` is found whole and by its parts. */
export function tokenize(text: string): string[] {
  const words = text.split(/[\n\r\p{Z}\p{P}]+/u);
  const names = text.match(/[\p{L}\d]+(?:[._][\p{L}\d]+)+/gu) ?? [];
  const parts = words.flatMap((word) => word.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\d+/gu) ?? []);
  return [...words, ...names, ...parts.filter((part) => part.length > 1)];
}
