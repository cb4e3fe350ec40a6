// How the organization with a brand presents itself.

/** Dark enough for white words, and red more than blue more than green, however light it is made. */
export const COLOUR = "#8a1c4a";

/** Three times as wide as high, of two halves. */
export const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="32" viewBox="0 0 96 32">
<path fill="#123456" d="M0 0h48v32H0z"/><path fill="#c0ffee" d="M48 0h48v32H48z"/></svg>
`;
export const RATIO = 3;
export const HALVES = ["#123456", "#c0ffee"];
