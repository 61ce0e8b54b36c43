"use client";

import { useEffect, useRef, useState } from "react";

/** Colours and type of the dashboard for Observable Plot; the page's variables follow its theme by themselves. */
export const figureStyle = {
  background: "transparent",
  color: "var(--ink-2)",
  fontFamily: "inherit",
  fontSize: "11px",
  overflow: "visible",
} as const;

/** A plot as wide as its place. */
export function Figure({
  build,
  description,
  minHeight,
}: {
  /** Draws it; keep it the same while nothing changes. */
  build(widthPx: number): Element;
  /** What the plot shows, for those who cannot see it. */
  description: string;
  minHeight: number;
}) {
  const host = useRef<HTMLDivElement>(null);
  const [widthPx, setWidthPx] = useState(0);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidthPx(Math.floor(element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (widthPx === 0) return;
    const drawn = build(widthPx);
    // Its parts carry names of marks, which say nothing beside the description.
    drawn.setAttribute("aria-hidden", "true");
    host.current?.replaceChildren(drawn);
    return () => drawn.remove();
  }, [build, widthPx]);
  return <div ref={host} role="img" aria-label={description} className="figure min-w-0" style={{ minHeight }} />;
}
