/** The house's direction of imports, as docs/design.md states it. */
const layers = [
  "base",
  "data",
  "metrics",
  "losses",
  "models",
  "train",
  "methods",
  "stages",
  "search",
  "recipes",
  "experiment",
  "verify",
];

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "engine-knows-no-experiment",
      comment: "packages/engine stands alone",
      severity: "error",
      from: { path: "^packages/engine/" },
      to: { path: "^(packages/(core|db|queue|store|api)|apps)/" },
    },
    {
      name: "core-knows-no-platform",
      severity: "error",
      from: { path: "^packages/core/" },
      to: { path: "^(packages/(db|queue|store|api)|apps)/" },
    },
    {
      name: "platform-knows-no-api",
      severity: "error",
      from: { path: "^packages/(db|queue|store)/" },
      to: { path: "^(packages/api|apps)/" },
    },
    { name: "packages-know-no-apps", severity: "error", from: { path: "^packages/" }, to: { path: "^apps/" } },
    {
      name: "apps-know-no-apps",
      severity: "error",
      from: { path: "^apps/([^/]+)/" },
      to: { path: "^apps/([^/]+)/", pathNot: "^apps/$1/" },
    },
    {
      name: "no-deep-imports",
      comment: "Packages are entered by their exports, never by a file behind them",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: {
        path: "^packages/([^/]+)/",
        pathNot: [
          "^packages/$2/",
          "^packages/[^/]+/src/(index|node|testing|testing-setup|client|conformance)\\.ts$",
          "^packages/[^/]+/src/(verify|metrics)/index\\.ts$",
        ],
      },
    },
    ...layers.slice(0, -1).map((layer, index) => ({
      name: `core-${layer}-is-below`,
      comment: "A folder of core imports only from those before it",
      severity: "error",
      from: { path: `^packages/core/src/${layer}/`, pathNot: "\\.test\\.ts$" },
      to: { path: `^packages/core/src/(${layers.slice(index + 1).join("|")})/` },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(node_modules|\\.next|dist|generated)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json"],
    },
  },
};
