import { mkdirSync, writeFileSync } from 'node:fs'
import { referencePages } from './generator/reference-pages.ts'

// `npm run docs`: writes the reference pages. A test says when they are stale.
const root = new URL('../', import.meta.url)
mkdirSync(new URL('docs/reference/', root), { recursive: true })
for (const [path, text] of referencePages()) writeFileSync(new URL(path, root), text)
