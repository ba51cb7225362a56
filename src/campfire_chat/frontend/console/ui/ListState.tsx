import type { ComponentChildren } from "preact";
import { Notice } from "./Notice";

interface Props {
  /** Whether nothing is known yet. */
  isLoading: boolean;
  /** What is said meanwhile; null where the list stays silent. */
  loading: string | null;
  /** Why it could not be loaded; null if it was. */
  failed: { title: string; help: string; retry: string; onRetry: () => void } | null;
  /** What to say when it is known to have no rows; null if it has some. */
  empty: { title: string; help: string } | null;
  /** The list itself. */
  children: ComponentChildren;
}

/** What a list says beside its rows: that it is loading, that it failed, that it is empty. */
export function ListState({ isLoading, loading, failed, empty, children }: Props) {
  return (
    <>
      {failed && (
        <Notice
          title={failed.title}
          help={failed.help}
          action={failed.retry}
          onAction={failed.onRetry}
        />
      )}
      {loading !== null && (
        <p class="list-loading" role="status" hidden={!isLoading}>
          {isLoading && loading}
        </p>
      )}
      {children}
      {empty && (
        <div class="empty">
          <p class="empty-title">{empty.title}</p>
          <p>{empty.help}</p>
        </div>
      )}
    </>
  );
}
