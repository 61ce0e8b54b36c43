/** The part of jStat that the statistics use; the package has no types of its own. */
declare module "jstat" {
  const jStat: {
    /** Regularised incomplete beta function I_x(a, b). */
    ibeta(x: number, a: number, b: number): number;
    erfc(x: number): number;
    studentt: { inv(probability: number, degreesOfFreedom: number): number };
  };
  export = jStat;
}
