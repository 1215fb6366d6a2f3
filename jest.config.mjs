// The tests, as projects: unit, graph (the program's resources, on mocks), e2e (on labs), full (those on labs that are too
// long for every day). test/run.ts starts jest with what it needs.
const shared = {
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/test/jest/stripTypes.ts" },
  testEnvironment: "<rootDir>/test/jest/environment.ts",
  // It has to be there before a CommonJS package is loaded, and jest loads those before anything is evaluated.
  setupFiles: ["<rootDir>/lab/talos/reflectMetadata.ts"],
  // Not the labs, which hold whole clones.
  roots: ["commands", "lab", "sdks", "src", "test", "tools", "tree"].map((folder) => `<rootDir>/${folder}`),
};
const onLabs = {
  ...shared,
  runner: "<rootDir>/test/jest/labRunner.ts",
  globalSetup: "<rootDir>/test/jest/labTools.ts",
};

export default {
  maxWorkers: "100%",
  // Milliseconds for one test. A busy computer is no failure; tests on labs say more.
  testTimeout: 60_000,
  reporters: ["<rootDir>/test/jest/reporter.ts"],
  // A line counts where a statement begins. What v8 says counts comments and types too, and looks five points better.
  coverageProvider: "babel",
  coverageReporters: ["text-summary"],
  collectCoverageFrom: ["src/{talos,bootstrap,flux}/**/*.ts"],
  coverageThreshold: { global: { lines: 90 } },
  projects: [
    {
      ...shared,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["<rootDir>/test/(e2e|graph)/"],
    },
    { ...shared, displayName: "graph", testMatch: ["<rootDir>/test/graph/**/*.test.ts"] },
    {
      ...onLabs,
      displayName: "e2e",
      testMatch: ["<rootDir>/test/e2e/**/*.test.ts"],
      testPathIgnorePatterns: ["\\.full\\.test\\.ts$"],
    },
    { ...onLabs, displayName: "full", testMatch: ["<rootDir>/test/e2e/**/*.full.test.ts"] },
  ],
};
