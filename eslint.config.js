// SPDX-License-Identifier: MIT
import js from '@eslint/js';
import typescript from 'typescript-eslint';

const environment = {
  object: 'process',
  property: 'env',
  message: 'Only infra/config reads the environment.',
};

export default typescript.config(
  {
    ignores: [
      '**/node_modules/',
      '**/.next/',
      '.indra/',
      '.serverless/',
      '.esbuild/',
      'contracts/artifacts/',
      'contracts/cache/',
      'contracts/types/',
      '**/next-env.d.ts',
      'coverage/',
      'dist/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [typescript.configs.strict],
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/triple-slash-reference': 'off',
      '@typescript-eslint/no-unused-expressions': ['error', { allowShortCircuit: true, allowTernary: true }],
      'no-undef': 'off',
    },
  },
  {
    rules: {
      eqeqeq: 'error',
      'no-restricted-properties': ['error', environment],
      'no-empty': ['error', { allowEmptyCatch: true }],
    },
  },
  {
    // The one folder that reads the environment, tools that run before anything is configured, and tests.
    files: [
      'infra/config/**',
      'infra/bootstrap.mjs',
      '.ci/**',
      '**/*.test.ts',
      'test/**',
      'hardhat.config.ts',
      'daicard-next/next.config.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'setTimeout',
          'setInterval',
          'clearInterval',
          'clearTimeout',
          'fetch',
          'require',
          'module',
          '__dirname',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    // Loops over bytes stay within their bounds; a check per byte would cost more than the work.
    files: ['lib/protocol/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // A test says what must be there; where it is not, the failure is the message.
    files: ['**/*.test.ts', 'test/**/*.ts', 'contracts/test/**', '**/testing/**', 'lib/protocol/vectors/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
    },
  },
  {
    // Pure code: what it needs to know is a parameter.
    files: ['lib/protocol/**/*.ts'],
    ignores: ['**/*.test.ts', 'lib/protocol/testing/**', 'lib/protocol/vectors/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'console',
        'fetch',
        'setTimeout',
        'setInterval',
        'crypto',
        'performance',
        'Buffer',
        'localStorage',
      ],
      'no-restricted-properties': [
        'error',
        environment,
        { object: 'Date', property: 'now', message: 'Time is a parameter.' },
        { object: 'Math', property: 'random', message: 'Chance is a parameter.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date']", message: 'Time is a parameter.' },
        { selector: ':function[async=true]', message: 'Protocol code is synchronous.' },
      ],
    },
  },
);
