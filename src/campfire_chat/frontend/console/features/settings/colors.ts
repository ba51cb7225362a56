/** The colour of the widget until an organisation chooses one, as in `widget/style.css`. */
export const DEFAULT_COLOR = "#c2410c";

/** The least contrast of white text, as in `organizations/palette.py`. */
const READABLE = 4.5;

export const isColor = (value: unknown): value is string =>
  typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value);

/** WCAG 2.2, "relative luminance". */
function luminance(color: string): number {
  const channel = (at: number) => {
    const share = parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** The text on a colour: white if that can be read, otherwise black, as the server decides it. */
export const textOn = (color: string): string =>
  1.05 / (luminance(color) + 0.05) >= READABLE ? "#ffffff" : "#000000";
