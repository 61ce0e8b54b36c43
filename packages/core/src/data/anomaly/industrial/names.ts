export const surfaceNames = [
  "woven-fabric",
  "perforated-metal",
  "printed-grid",
  "bolt",
  "granite",
  "wood-board",
  "circuit-board",
] as const;

export type SurfaceName = (typeof surfaceNames)[number];

export const defectKinds = ["scratch", "spot", "stain", "missing-part"] as const;

export type DefectKind = (typeof defectKinds)[number];
