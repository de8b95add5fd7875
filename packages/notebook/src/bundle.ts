/**
 * What a notebook is given of an object.
 */

/** An object by media types, of which a notebook shows the richest that it can: the MIME bundle of the Jupyter protocol. */
export type DisplayBundle = Readonly<Record<string, string>>;
