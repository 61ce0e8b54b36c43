/**
 * For each image the share of images of the other class that it is ranked right against, ties half: in [0, 1]. Their mean is the
 * AUROC, over either class or over all, so paired tests of AUROCs can be made on them. Source: DeLong et al. 1988 (structural
 * components).
 */
export function placements(scores: ArrayLike<number>, labels: readonly boolean[]): number[] {
  const ofClass = (label: boolean) =>
    Float64Array.from(labels.flatMap((each, at) => (each === label ? [scores[at]!] : []))).sort();
  const [normal, anomalous] = [ofClass(false), ofClass(true)];
  return labels.map((label, at) => {
    const others = label ? normal : anomalous;
    const below = numBelow(others, scores[at]!, false);
    const ties = numBelow(others, scores[at]!, true) - below;
    const wins = label ? below : others.length - below - ties;
    return (wins + ties / 2) / others.length;
  });
}

/** Entries of an ascending list below the value, or at most it. */
function numBelow(sorted: Float64Array, value: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
