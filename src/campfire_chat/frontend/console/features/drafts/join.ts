/**
 * One text out of two that grew apart: on this device, which the server has not been told yet, and
 * on another one. Nothing of either is lost.
 */
export function join(here: string, there: string): string {
  if (here.includes(there)) return here;
  if (there.includes(here)) return there;
  return `${there}\n${here}`;
}
