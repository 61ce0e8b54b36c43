import { DataError } from "../../base/errors.ts";

/** Inverse of the lower Cholesky factor of a symmetric positive definite matrix [n,n], itself lower triangular: |L⁻¹x|² = xᵀA⁻¹x. @throws DataError */
export function inverseCholesky(matrix: Float64Array, n: number): Float64Array<ArrayBuffer> {
  const lower = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * n + column]!;
      for (let at = 0; at < column; at++) sum -= lower[row * n + at]! * lower[column * n + at]!;
      if (row !== column) lower[row * n + column] = sum / lower[column * n + column]!;
      else if (sum > 0) lower[row * n + row] = Math.sqrt(sum);
      else throw notPositive(sum, row);
    }
  }
  const inverse = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    inverse[column * n + column] = 1 / lower[column * n + column]!;
    for (let row = column + 1; row < n; row++) {
      let sum = 0;
      for (let at = column; at < row; at++) sum -= lower[row * n + at]! * inverse[at * n + column]!;
      inverse[row * n + column] = sum / lower[row * n + row]!;
    }
  }
  return inverse;
}

function notPositive(got: number, row: number): DataError {
  return new DataError({
    code: "NOT_POSITIVE_DEFINITE",
    message: "A covariance has no Cholesky factor",
    expected: "positive pivots",
    got: String(got),
    where: `row ${row}`,
    fix: "Raise the shrinkage.",
  });
}
