import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { text } from "../messages";
import { phone } from "../state/appearance";
import { closeMenu, menu, type MenuKind } from "../state/overlay";
import { openId } from "../state/route";
import { AccountMenu } from "./menus/AccountMenu";
import { AssignMenu } from "./menus/AssignMenu";
import { MessageMenu } from "./menus/MessageMenu";
import { PriorityMenu } from "./menus/PriorityMenu";
import { SnoozeMenu } from "./menus/SnoozeMenu";
import { StatusMenu } from "./menus/StatusMenu";
import { TagsMenu } from "./menus/TagsMenu";

const TITLES: Record<MenuKind, string> = {
  assign: text.assignTo,
  status: text.setStatus,
  snooze: text.snoozeUntil,
  priority: text.setPriority,
  tags: text.tags,
  account: text.team,
  message: text.messageMenu,
};

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
  const { kind, message } = open;
  const conversation = openId.value;
  const content = () => {
    if (kind === "account") return <AccountMenu />;
    if (kind === "message") return message && <MessageMenu id={message} />;
    if (!conversation) return null;
    if (kind === "assign") return <AssignMenu conversation={conversation} />;
    if (kind === "status") return <StatusMenu conversation={conversation} />;
    if (kind === "snooze") return <SnoozeMenu conversation={conversation} />;
    if (kind === "priority") return <PriorityMenu conversation={conversation} />;
    return <TagsMenu conversation={conversation} />;
  };
  return (
    <>
      {sheet && <div class="backdrop" />}
      <div
        ref={box}
        class={sheet ? "menu sheet" : "menu"}
        role="dialog"
        aria-label={TITLES[kind]}
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
        {kind !== "account" && <p class="menu-title">{TITLES[kind]}</p>}
        {content()}
      </div>
    </>
  );
}
