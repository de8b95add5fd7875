/** A module without the function that trains. */
export const trainer = () => 1;
