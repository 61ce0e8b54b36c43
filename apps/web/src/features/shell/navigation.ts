import { Activity, Cpu, FlaskConical, Grid3x3, ListOrdered, ListTree, Settings, Trophy } from "lucide-react";

/** The pages of the dashboard, in the order of the work. */
export const pages = [
  { href: "/", label: "Overview", Icon: Activity },
  { href: "/runs", label: "Runs", Icon: ListTree },
  { href: "/sweeps", label: "Sweeps", Icon: Grid3x3 },
  { href: "/launch", label: "Launch", Icon: FlaskConical },
  { href: "/queue", label: "Queue", Icon: ListOrdered },
  { href: "/leaderboard", label: "Leaderboard", Icon: Trophy },
  { href: "/workers", label: "Workers", Icon: Cpu },
] as const;

/** Seldom needed: beside the theme where there is room for the others, among them where there is not. */
export const settingsPage = { href: "/settings", label: "Settings", Icon: Settings } as const;

export function isCurrent(href: string, path: string): boolean {
  return href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
}
