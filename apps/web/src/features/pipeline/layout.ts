/** A stage as the picture of a pipeline needs it. */
export interface PipelineNode {
  name: string;
  /** Names of the stages whose artifacts it reads. */
  inputs: readonly string[];
}

export interface PlacedNode<N extends PipelineNode> {
  node: N;
  column: number;
  row: number;
}

export interface PipelineEdge {
  from: { column: number; row: number };
  to: { column: number; row: number };
}

/** Places stages in columns by their longest way from a start, in the given order within a column. */
export function pipelineLayout<N extends PipelineNode>(
  nodes: readonly N[],
): { placed: PlacedNode<N>[]; edges: PipelineEdge[]; columns: number; rows: number } {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const depths = new Map<string, number>();
  const depth = (node: N): number => {
    const known = depths.get(node.name);
    if (known !== undefined) return known;
    const sources = node.inputs.map((name) => byName.get(name)).filter((source) => source !== undefined);
    const value = sources.length === 0 ? 0 : 1 + Math.max(...sources.map(depth));
    depths.set(node.name, value);
    return value;
  };
  const filled = new Map<number, number>();
  const placed = nodes.map((node) => {
    const column = depth(node);
    const row = filled.get(column) ?? 0;
    filled.set(column, row + 1);
    return { node, column, row };
  });
  const at = new Map(placed.map(({ node, column, row }) => [node.name, { column, row }]));
  const edges = placed.flatMap(({ node, column, row }) =>
    [...new Set(node.inputs)].flatMap((name) => {
      const from = at.get(name);
      return from === undefined ? [] : [{ from, to: { column, row } }];
    }),
  );
  return {
    placed,
    edges,
    columns: Math.max(0, ...placed.map(({ column }) => column + 1)),
    rows: Math.max(0, ...filled.values()),
  };
}
