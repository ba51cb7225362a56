import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../common/api";

/**
 * What the server said when it refused a form. The field that it names gets the focus, and has what
 * is wrong as its description.
 *
 * @param prefix Of the ids of the fields, before a hyphen and the name; the sentence has the id
 *   `<prefix>-refused`.
 * @param fields The names of the fields.
 */
export function useRefusal<Field extends string>(prefix: string, fields: readonly Field[]) {
  const [refused, setRefused] = useState<{ field: Field | null; told: string } | null>(null);
  const form = useRef<HTMLFormElement>(null);

  useLayoutEffect(() => {
    const field = refused?.field;
    if (field) form.current?.querySelector<HTMLElement>(`#${prefix}-${field}`)?.focus();
  }, [refused]);

  return {
    /** For the form. */
    form,
    /** What is wrong; null when nothing is. */
    told: refused?.told ?? null,
    isWrong: (field: Field): boolean => refused?.field === field,
    /** The id of what describes a field: what is wrong with it, or else its help. */
    describedBy: (field: Field, help?: string): string | undefined =>
      refused?.field === field ? `${prefix}-refused` : help,
    refuse: (error: unknown, told: string): void => {
      const named = error instanceof ApiError ? error.field : null;
      setRefused({ field: fields.find((field) => field === named) ?? null, told });
    },
    /** Something was changed: it may be right now. */
    clear: (): void => setRefused(null),
  };
}
