import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./class-names.ts";
import { Sheet } from "./panel.tsx";
import { ScrollRegion } from "./scroll-region.tsx";

/** A table on its sheet: what is wider than the page scrolls within it. Cells bring their own width. */
export function Table(props: { label: string; head: ReactNode; children: ReactNode; className?: string }) {
  return (
    <Sheet className={props.className}>
      <ScrollRegion label={props.label} className="rounded-[inherit]">
        <table aria-label={props.label} className="w-full text-left text-sm">
          <thead>
            <tr className="border-b border-line text-xs text-ink-3 [&>th]:h-9 [&>th]:px-3 [&>th]:py-1.5 [&>th]:align-bottom [&>th]:font-normal [&>th]:whitespace-nowrap [&>th]:first:pl-4 [&>th]:last:pr-4">
              {props.head}
            </tr>
          </thead>
          <tbody className="[&>tr]:border-b [&>tr]:border-line [&>tr]:last:border-0 [&>tr>*]:px-3 [&>tr>*]:py-2 [&>tr>*]:align-baseline [&>tr>*]:first:pl-4 [&>tr>*]:last:pr-4">
            {props.children}
          </tbody>
        </table>
      </ScrollRegion>
    </Sheet>
  );
}

export interface Order<Key> {
  key: Key;
  descending: boolean;
}

/** The head of a column that sorts by it when pressed, and the other way round when pressed again. */
export function SortHead<Key>(props: {
  sortBy: Key;
  order: Order<Key>;
  onOrder(order: Order<Key>): void;
  /** Which way the first press sorts. */
  firstDescending?: boolean;
  title?: string;
  className?: string;
  children: ReactNode;
}) {
  const { sortBy, order, onOrder, firstDescending = false } = props;
  const isSorted = order.key === sortBy;
  const Arrow = order.descending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (order.descending ? "descending" : "ascending") : "none"}
      className={props.className}
    >
      <button
        type="button"
        title={props.title}
        onClick={() => onOrder({ key: sortBy, descending: isSorted ? !order.descending : firstDescending })}
        className={cx(
          "inline-flex items-end gap-1 rounded-sm text-inherit hover:text-ink",
          isSorted && "font-medium text-ink",
        )}
      >
        {isSorted && <Arrow aria-hidden className="mb-0.5 size-3 shrink-0" />}
        {props.children}
      </button>
    </th>
  );
}
