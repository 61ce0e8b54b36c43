export interface ConnectedComponents {
  /** 0 for background, else 1 + the index of the component; row-major [height, width]. */
  labels: Uint32Array;
  /** Pixels of each component. */
  sizes: number[];
}

/** 8-connected components of the nonzero pixels of one mask [height, width], numbered as they are met row by row. */
export function connectedComponents(mask: Uint8Array, width: number, height: number): ConnectedComponents {
  const labels = new Uint32Array(width * height);
  // parents[label] leads to the smallest label known to be the same component.
  const parents: number[] = [0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (mask[at] === 0) continue;
      const left = x > 0 ? labels[at - 1]! : 0;
      const above = y > 0 ? labels[at - width]! : 0;
      const aboveLeft = x > 0 && y > 0 ? labels[at - width - 1]! : 0;
      const aboveRight = x + 1 < width && y > 0 ? labels[at - width + 1]! : 0;
      // The pixel above touches all other neighbours; without it only aboveRight can join two components.
      let label = above || aboveLeft || left || aboveRight;
      if (label === 0) label = parents.push(parents.length) - 1;
      else if (above === 0 && aboveRight !== 0) join(parents, label, aboveRight);
      labels[at] = label;
    }
  }
  return renumber(labels, parents);
}

function renumber(labels: Uint32Array, parents: number[]): ConnectedComponents {
  const numbers = new Uint32Array(parents.length);
  const sizes: number[] = [];
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] === 0) continue;
    const root = find(parents, labels[at]!);
    if (numbers[root] === 0) numbers[root] = sizes.push(0);
    const number = numbers[root]!;
    labels[at] = number;
    sizes[number - 1]!++;
  }
  return { labels, sizes };
}

function join(parents: number[], a: number, b: number): void {
  const rootA = find(parents, a);
  const rootB = find(parents, b);
  if (rootA !== rootB) parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
}

function find(parents: number[], label: number): number {
  let root = label;
  while (parents[root] !== root) root = parents[root]!;
  // Point the whole path at the root, so that later look-ups are short.
  let next = label;
  while (parents[next] !== root) {
    const parent = parents[next]!;
    parents[next] = root;
    next = parent;
  }
  return root;
}
