/** A link that writes to an address. Its last @ stays: it is what parts the two sides. */
export const mailTo = (email: string): string =>
  `mailto:${encodeURIComponent(email).replace(/%40(?!.*%40)/, "@")}`;
