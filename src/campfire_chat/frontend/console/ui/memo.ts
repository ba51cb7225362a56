import { Component, createElement, type FunctionComponent } from "preact";

/**
 * Renders again only when a prop is another one, or a signal that it read has changed: one row of
 * a long list moves without the others noticing.
 */
export function memo<P extends object>(render: FunctionComponent<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = this.props as Readonly<P>;
      const names = Object.keys(next) as (keyof P)[];
      return names.some((name) => next[name] !== before[name]);
    }
    override render() {
      return createElement(render, this.props as P);
    }
  }
  return (props: P) => createElement(Memo, props);
}
