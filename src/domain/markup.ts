/** Text as it may stand in HTML, SVG or XML, also within an attribute in either kind of quotes. */
export const escapedMarkup = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
