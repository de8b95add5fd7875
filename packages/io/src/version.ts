/**
 * The version of the library that a file was written with.
 */

/** That of package.json. */
export const version = "0.1.0";

/** The version of what stands in the metadata of our files; a later one is refused. */
export const formatVersion = 1;
