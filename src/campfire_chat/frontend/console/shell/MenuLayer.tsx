import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { phone } from "./appearance";
import { closeMenu, menu } from "./overlay";
import { features } from "./registry";

const MARGIN = 8;

/** The open menu: beside its button, in the middle when it has none, from below on a phone. */
export function MenuLayer() {
  const open = menu.value;
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ left: string; top: string } | null>(null);
  const sheet = phone.value;

  useLayoutEffect(() => {
    const element = box.current;
    if (!open || !element || sheet) return setPlace(null);
    const arrange = () => {
      const { width, height } = element.getBoundingClientRect();
      const anchor = open.anchor?.isConnected ? open.anchor.getBoundingClientRect() : null;
      const fit = (value: number, size: number, room: number) =>
        Math.max(MARGIN, Math.min(value, room - size - MARGIN));
      if (!anchor) {
        const left = (innerWidth - width) / 2;
        return setPlace({ left: `${left}px`, top: `${fit(120, height, innerHeight)}px` });
      }
      const below = anchor.bottom + 6;
      const above = anchor.top - height - 6;
      const top = below + height > innerHeight - MARGIN && above > MARGIN ? above : below;
      const rightSide = anchor.left + width > innerWidth - MARGIN;
      const left = rightSide ? anchor.right - width : anchor.left;
      setPlace({
        left: `${fit(left, width, innerWidth)}px`,
        top: `${fit(top, height, innerHeight)}px`,
      });
    };
    arrange();
    const observer = new ResizeObserver(arrange);
    observer.observe(element);
    window.addEventListener("resize", arrange);
    return () => {
      observer.disconnect();
      window.removeEventListener("resize", arrange);
    };
  }, [open, sheet]);

  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent) => {
      const target = event.target as Node;
      if (box.current?.contains(target) || open.anchor?.contains(target)) return;
      closeMenu({ refocus: false });
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [open]);

  if (!open) return null;
  const found = features().find(({ menus }) => menus?.[open.kind])?.menus?.[open.kind];
  if (!found) return null;
  const { title, untitled, Content } = found;
  return (
    <>
      {sheet && <div class="backdrop" />}
      <div
        ref={box}
        class={sheet ? "menu sheet" : "menu"}
        role="dialog"
        aria-label={title}
        // Not seen before it has its place, but what is in it can have the focus.
        style={sheet ? {} : (place ?? { opacity: 0 })}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            closeMenu();
          }
        }}
        onFocusOut={(event) => {
          const next = event.relatedTarget as Node | null;
          if (next && !box.current?.contains(next)) closeMenu({ refocus: false });
        }}
      >
        {!untitled && <p class="menu-title">{title}</p>}
        <Content subject={open.subject} />
      </div>
    </>
  );
}
