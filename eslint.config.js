import neostandard from 'neostandard'
import tseslint from 'typescript-eslint'

/** neostandard plus the limits of the design: short files, short functions, no promise forgotten, no case left out. */
export default [
  { ignores: ['dist/**', '.tap/**', 'node_modules/**'] },
  ...neostandard({ ts: true }),
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { project: './tsconfig.json' } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', 50],
      complexity: ['error', 10],
      // no-floating-promises asks for it where nobody waits for a promise
      'no-void': ['error', { allowAsStatement: true }]
    }
  },
  { files: ['src/**/*.ts', 'plugins/**/*.ts'], rules: { '@typescript-eslint/no-explicit-any': 'error' } },
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-floating-promises': 'off' } }
]
