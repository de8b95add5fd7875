/**
 * What a bundle has left out because the program does not import it: names in texts do not bring what they stand for.
 */

/**
 * For a name that is not known: what to import, where it stands for one of the library's exports.
 *
 * @param write how it is given in place of the name: `new Lion()`.
 * @param aliases other names of these.
 */
export function leftOutHint(
  name: unknown,
  exports: readonly string[],
  write: (found: string) => string,
  aliases: Readonly<Record<string, string>> = {},
): string | undefined {
  if (typeof name !== "string") return undefined;
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const wanted = plain(Object.hasOwn(aliases, name) ? aliases[name] : name);
  const found = exports.find((each) => plain(each) === wanted);
  return found && `This bundle has left it out: import { ${found} } from "chainrule", and give ${write(found)}.`;
}
