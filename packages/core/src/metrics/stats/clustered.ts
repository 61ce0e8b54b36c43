import { mean, requireEqualLengths } from "../input.ts";
import { requireTwo, sumOfSquares } from "./summary.ts";

export interface ClusteredError {
  mean: number;
  /** Standard error that takes all values for independent. */
  seIid: number;
  /** With the covariance of values of one cluster added; the diagonal by n - 1. Source: Miller 2024, arXiv 2411.00640. */
  seMiller: number;
  /** The plain sandwich estimate. */
  seCr0: number;
  numClusters: number;
}

/**
 * Standard errors of a mean whose values come in clusters, such as several questions about one image.
 * @throws DataError for unequal lengths or fewer than two values.
 */
export function clusteredStandardError(
  values: readonly number[],
  clusters: readonly (string | number | bigint)[],
): ClusteredError {
  requireEqualLengths({ values: values.length, clusters: clusters.length }, "clusteredStandardError");
  requireTwo(values.length);
  const n = values.length;
  const center = mean(values);
  const residuals = values.map((value) => value - center);
  const sums = new Map<string | number | bigint, number>();
  residuals.forEach((residual, index) => {
    const cluster = clusters[index]!;
    sums.set(cluster, (sums.get(cluster) ?? 0) + residual);
  });
  const squares = sumOfSquares(residuals);
  const squaresOfSums = sumOfSquares([...sums.values()]);
  const varianceIid = squares / (n * (n - 1));
  // The sum over pairs i != j of one cluster is the square of its sum without the diagonal.
  const varianceMiller = varianceIid + (squaresOfSums - squares) / n ** 2;
  return {
    mean: center,
    seIid: Math.sqrt(varianceIid),
    seMiller: Math.sqrt(Math.max(0, varianceMiller)),
    seCr0: Math.sqrt(squaresOfSums) / n,
    numClusters: sums.size,
  };
}
