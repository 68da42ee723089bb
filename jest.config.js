// SPDX-License-Identifier: MIT
/** One runner for every TypeScript test; Solidity tests run under Hardhat. */
export default {
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/contracts/', '/\\.(next|serverless|esbuild|indra)/'],
  modulePathIgnorePatterns: ['<rootDir>/\\.(serverless|esbuild|indra)/', '<rootDir>/daicard-next/\\.next/'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          experimental: { keepImportAttributes: true },
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  testEnvironment: 'node',
};
