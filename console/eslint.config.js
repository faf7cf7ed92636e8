import js from '@eslint/js';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'e2e/.results/'] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'max-lines': ['error', { max: 300, skipBlankLines: true }],
      eqeqeq: 'error',
    },
  },
  { files: ['src/**/*.tsx'], ...a11y.flatConfigs.strict },
  { files: ['src/**/*.{ts,tsx}'], ...hooks.configs.flat.recommended },
  // Playwright insists on a destructured first argument, also where a fixture needs no other.
  { files: ['e2e/**/*.ts'], rules: { 'no-empty-pattern': 'off' } },
  {
    files: ['**/*.js'],
    ...ts.configs.disableTypeChecked,
    languageOptions: { globals: globals.node },
  },
);
