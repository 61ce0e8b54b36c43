/** Mean and covariance of the vectors at each of P places, over pictures that come batch by batch. */
export class Moments {
  readonly #numPlaces: number;
  readonly #dim: number;
  #count = 0;
  /** The first picture: sums are of what differs from it, so that large means cost no digits. */
  #origin: Float32Array | null = null;
  readonly #sums: Float64Array;
  readonly #products: Float64Array;

  constructor(numPlaces: number, dim: number) {
    this.#numPlaces = numPlaces;
    this.#dim = dim;
    this.#sums = new Float64Array(numPlaces * dim);
    this.#products = new Float64Array(numPlaces * dim * dim);
  }

  /** Adds pictures: features [B,P,d]. */
  add(features: Float32Array): void {
    const dim = this.#dim;
    const stride = this.#numPlaces * dim;
    this.#origin ??= features.slice(0, stride);
    const difference = new Float64Array(dim);
    for (let start = 0; start < features.length; start += stride) {
      for (let place = 0; place < this.#numPlaces; place++) {
        const at = place * dim;
        for (let i = 0; i < dim; i++) {
          difference[i] = features[start + at + i]! - this.#origin[at + i]!;
          this.#sums[at + i]! += difference[i]!;
        }
        for (let i = 0; i < dim; i++) {
          const row = (at + i) * dim;
          const value = difference[i]!;
          // The lower triangle alone: the matrix is symmetric.
          for (let j = 0; j <= i; j++) this.#products[row + j]! += value * difference[j]!;
        }
      }
      this.#count++;
    }
  }

  /** Mean [d] and covariance [d,d] (divided by n - 1, the zero matrix for one picture) at a place. */
  at(place: number): { mean: Float64Array; covariance: Float64Array } {
    const dim = this.#dim;
    const at = place * dim;
    const offset = this.#sums.subarray(at, at + dim).map((sum) => sum / this.#count);
    const mean = offset.map((value, i) => value + this.#origin![at + i]!);
    const covariance = new Float64Array(dim * dim);
    const divisor = Math.max(1, this.#count - 1);
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j <= i; j++) {
        const value = (this.#products[(at + i) * dim + j]! - this.#count * offset[i]! * offset[j]!) / divisor;
        covariance[i * dim + j] = value;
        covariance[j * dim + i] = value;
      }
    }
    return { mean, covariance };
  }
}
