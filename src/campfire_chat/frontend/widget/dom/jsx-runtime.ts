/**
 * The widget's renderer: JSX to DOM in under a kilobyte.
 *
 * Preact's core alone has 4.6 KB gzipped, a third of what launcher and panel may have together.
 * The panel needs less: components are pure functions of the state, evaluated on the spot, and the
 * whole tree is compared with what stands in the document. Only the types come from Preact.
 */
import type { JSX } from "preact";

export type { JSX } from "preact";

type Props = Record<string, unknown> & { children?: unknown; ref?: (element: Element) => void };

interface Made {
  tag: string;
  props: Props;
  key: string | undefined;
}

/** What stands in the document, by its place among its siblings. */
interface Standing {
  node: Element | Text;
  props: Props;
  made: Made | string;
}

const standing = new WeakMap<Element, Map<string, Standing>>();
const SVG = "http://www.w3.org/2000/svg";

export function jsx(type: unknown, props: Props, key?: string): JSX.Element {
  if (typeof type !== "function") return { tag: type, props, key } as never;
  const made = type(props);
  return key && made ? { ...made, key } : made;
}

export const jsxs = jsx;
/** Its children take its place among its siblings. */
export const Fragment = (props: { children?: unknown }): JSX.Element => props.children as never;

/** Names every child by its key, or by its position: a missing one leaves its position empty. */
function* named(children: unknown, place = ""): Generator<[string, Made | string]> {
  if (Array.isArray(children)) {
    for (const [index, child] of children.entries()) yield* named(child, `${place}.${index}`);
  } else if (typeof children === "object" && children) {
    const made = children as Made;
    yield [made.key ?? place + made.tag, made];
  } else if (children || children === 0) yield [place, String(children)];
}

function set(node: Element, name: string, value: unknown, before: unknown): void {
  if (name.startsWith("on")) {
    // What a handler gives back is nobody's business: false would cancel the event.
    (node as never as Props)[name.toLowerCase()] = (event: Event) =>
      void (value as (event: Event) => unknown)(event);
  } else if (name === "value") {
    // Compared with the document: the person has typed since.
    const field = node as HTMLTextAreaElement;
    if (field.value !== value) field.value = value as string;
  } else if (value !== before && name !== "children" && name !== "ref") {
    if (value == null || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
}

/** `ref` is called after every rendering, when everything is in its place. */
const refs: (() => void)[] = [];

/** Makes the children of `parent` what `children` says; keeps the nodes that are the same. */
export function render(children: unknown, parent: Element): void {
  patch(children, parent);
  for (const call of refs.splice(0)) call();
}

function patch(children: unknown, parent: Element): void {
  const before = standing.get(parent) ?? new Map<string, Standing>();
  const after = new Map<string, Standing>();
  for (const [name, made] of named(children)) {
    const old = before.get(name);
    if (old && old.made === made) {
      // The very same as the last time: nothing below it has changed.
      after.set(name, old);
      continue;
    }
    if (typeof made === "string") {
      const node = (old?.node as Text | undefined) ?? new Text();
      if (node.data !== made) node.data = made;
      after.set(name, { node, props: {}, made });
      continue;
    }
    const { tag, props } = made;
    const node =
      (old?.node as Element | undefined) ??
      (/^(svg|path)$/.test(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag));
    for (const prop of Object.keys({ ...old?.props, ...props })) set(node, prop, props[prop], old?.props[prop]);
    patch(props.children, node);
    if (props.ref) refs.push(() => props.ref?.(node));
    after.set(name, { node, props, made });
  }
  for (const [name, { node }] of before) if (!after.has(name)) node.remove();
  let next = parent.firstChild;
  for (const { node } of after.values()) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  standing.set(parent, after);
}
