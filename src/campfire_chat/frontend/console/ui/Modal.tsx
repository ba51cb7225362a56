import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { focusHome } from "./focus";

interface Props {
  label: string;
  name: string;
  onClose: () => void;
  children: ComponentChildren;
}

/**
 * A native dialog: it keeps the focus inside, gives it back, and closes with Escape. When what had
 * the focus before has gone meanwhile, the home of the screen gets it.
 */
export function Modal({ label, name, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Not `useEffect`, whose end waits for the next frame: a key pressed before it would have moved the
  // focus already, and would lose it again.
  useLayoutEffect(() => {
    const element = dialog.current;
    const before = document.activeElement as HTMLElement | null;
    element?.showModal();
    return () => {
      element?.close();
      // A dialog that is not in the document any more gives nothing back by itself.
      if (before?.isConnected && before !== document.body) before.focus({ preventScroll: true });
      else focusHome();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`modal ${name}`}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="modal-body">{children}</div>
    </dialog>
  );
}
