/**
 * Keeps the chat's element in the document, and in front, whatever the page does to it.
 *
 * It stands beside the body, so that a body which is replaced, morphed or transformed leaves it
 * alone; inside a modal dialog while one is open, since everything outside is inert; and in the
 * top layer, where no style of an ancestor moves or covers it.
 */
export interface Place {
  /** Takes the element away for good. */
  leave(): void;
}

/** A page that keeps taking the element away gets it back this often at once, then in a second. */
const PROMPT = 20;

type Parent = Element & { moveBefore?(node: Node, child: Node | null): void };

/**
 * @param shadow The shadow root of `element`.
 * @param changed Called after the surroundings have changed; `moved` when the element has, too.
 */
export function createPlace(element: HTMLElement, shadow: ShadowRoot, changed: (moved: boolean) => void): Place {
  /** Open modal dialogs, the one in front last. */
  let modals: Element[] = [...document.querySelectorAll("dialog:modal")];
  let focused: HTMLElement | null = null;
  let moves = 0;
  let timer = 0;

  const noteModal = (target: EventTarget | undefined) => {
    const dialog = target as Element;
    if (!dialog?.matches?.("dialog:modal") || modals.includes(dialog)) return;
    modals.push(dialog);
  };

  // Attributes: a dialog opens or closes, or the direction of the page changes.
  const attributes = new MutationObserver((records) => {
    for (const { target } of records) noteModal(target);
    settle();
  });
  // Children of the document and its root; of everything while a dialog holds the element.
  const children = new MutationObserver(() => settle());

  function observe(): void {
    children.disconnect();
    const deep = element.parentNode !== document.documentElement;
    children.observe(document, { childList: true, subtree: deep });
    if (document.documentElement) children.observe(document.documentElement, { childList: true });
  }

  function move(to: Parent): void {
    // Taking an element away takes the focus from it, unless it went elsewhere by itself.
    const again = focused;
    if (to.moveBefore && element.isConnected) to.moveBefore(element, null);
    else to.append(element);
    // Shown anew it is in front of what was shown meanwhile. A browser without popovers has the
    // element fixed, with a high z-index.
    element.togglePopover?.(false);
    element.togglePopover?.(true);
    if (document.activeElement === document.body) again?.focus({ preventScroll: true });
  }

  function settle(): void {
    const before = moves;
    // Gone with what it stood in: when that comes back, it has to be shown anew.
    if (!element.isConnected) element.remove();
    modals = modals.filter((dialog) => dialog.isConnected && dialog.matches(":modal"));
    const root = document.documentElement as Parent | null;
    const home = (modals.at(-1) as Parent | undefined) ?? root;
    if (home && document.body && element.parentNode !== home) {
      timer ||= setTimeout(() => {
        moves = timer = 0;
        settle();
      }, 1000);
      if (moves++ < PROMPT) move(home);
    }
    observe();
    // Each time: document.open() takes every listener away.
    shadow.addEventListener("focusin", focusIn);
    shadow.addEventListener("focusout", focusOut);
    addEventListener("focusin", entered, true);
    changed(moves > before);
  }

  const focusIn = (event: Event) => {
    focused = event.target as HTMLElement;
    // A page's own dialog must not take the focus back to itself.
    event.stopPropagation();
  };
  // A removed element loses the focus first: until the next task it counts as having it.
  const focusOut = () => setTimeout(() => (focused = shadow.activeElement as HTMLElement | null));
  // A dialog in a shadow root: its `open` is not observed, but it takes the focus.
  const entered = (event: Event) => {
    event.composedPath().forEach(noteModal);
    settle();
  };
  attributes.observe(document, { subtree: true, attributeFilter: ["open", "dir"] });
  element.popover = "manual";
  settle();

  return {
    leave() {
      attributes.disconnect();
      children.disconnect();
      clearTimeout(timer);
      removeEventListener("focusin", entered, true);
      element.remove();
    },
  };
}
