"use client";

import { type ReactNode, useEffect, useRef } from "react";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { type PipelineEdge, type PipelineNode, pipelineLayout } from "./layout.ts";

const gapX = 36;
const gapY = 12;

/** Stages as a small graph from left to right; on a narrow screen as a list from top to bottom. */
export function Pipeline<N extends PipelineNode>({
  nodes,
  nodeWidth,
  nodeHeight,
  label,
  shown,
  children,
}: {
  nodes: readonly N[];
  nodeWidth: number;
  nodeHeight: number;
  label: string;
  /** Name of the node that must be in sight. */
  shown?: string | undefined;
  children(node: N): ReactNode;
}) {
  const box = useRef<HTMLElement>(null);
  const { placed, edges, columns, rows } = pipelineLayout(nodes);
  const left = (column: number) => column * (nodeWidth + gapX);
  const top = (row: number) => row * (nodeHeight + gapY);
  const width = columns * nodeWidth + Math.max(0, columns - 1) * gapX;
  const height = rows * nodeHeight + Math.max(0, rows - 1) * gapY;
  const line = ({ from, to }: PipelineEdge) => {
    const start = { x: left(from.column) + nodeWidth, y: top(from.row) + nodeHeight / 2 };
    const end = { x: left(to.column), y: top(to.row) + nodeHeight / 2 };
    // Straight until the last gap, so that an edge over several columns runs behind the stages between.
    const bend = end.x - gapX;
    return `M${start.x} ${start.y} H${bend} C${bend + gapX / 2} ${start.y} ${bend + gapX / 2} ${end.y} ${end.x} ${end.y}`;
  };
  const shownLeft = left(placed.find(({ node }) => node.name === shown)?.column ?? 0);
  useEffect(() => {
    const { current } = box;
    current?.scrollTo({ left: shownLeft - (current.clientWidth - nodeWidth) / 2, behavior: "smooth" });
  }, [shownLeft, nodeWidth]);
  return (
    <>
      <ScrollRegion ref={box} label={label} className="-m-1 hidden p-1 md:block">
        <div className="relative" style={{ width, height }}>
          <svg
            aria-hidden
            width={width}
            height={height}
            className="absolute inset-0 text-line-strong"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
          >
            {edges.map((edge) => (
              <path key={line(edge)} d={line(edge)} />
            ))}
          </svg>
          <ol aria-label={label}>
            {placed.map(({ node, column, row }) => (
              <li
                key={node.name}
                className="absolute"
                style={{ left: left(column), top: top(row), width: nodeWidth, height: nodeHeight }}
              >
                {children(node)}
              </li>
            ))}
          </ol>
        </div>
      </ScrollRegion>
      <ol aria-label={label} className="flex flex-col gap-2 md:hidden">
        {placed.map(({ node }) => (
          <li key={node.name} style={{ height: nodeHeight }}>
            {children(node)}
          </li>
        ))}
      </ol>
    </>
  );
}
