import fc from 'fast-check'
import t from 'tap'
import { canonicalPath, ENCODED_SLASH, SEMICOLON } from '../../../src/plan/canonical-path.ts'

/** Paths of the pieces that matter, more often than chance would make them. */
const PIECES = ['/', '//', '.', '..', '/.', '/..', '%2e', '%2E', '%2f', '%5c', '\\', ';', '%3b', '%00', '%0d', '%25', '%252e', 'a', 'B', '%41', '%7e', '~', '%c3%a9', '%ff', '%', '%4', '#', '?', ' ', '"', '|', '^', '{', '\xe9', '\0', ':', '@', '+']
const paths = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: fc.string({ maxLength: 3 }) }), { maxLength: 12 }).map(parts => `/${parts.join('')}`)
const options = { numRuns: 3000 }
// eslint-disable-next-line no-control-regex -- control characters are what must not be encoded either
const NEVER_ENCODED = /[\w\-.~\\\0-\x1f\x7f]/

t.test('what is canonical stays as it is', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(paths, path => {
      const once = canonicalPath(path)
      if (once === null) return true
      const again = canonicalPath(once.path)
      return again !== null && again.path === once.path && again.flags === once.flags
    }), options)
  })
})

t.test('a canonical path can be read in one way only', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(paths, path => {
      const canonical = canonicalPath(path)?.path
      if (canonical === undefined) return true
      const segments = canonical.split('/').slice(1)
      return canonical.startsWith('/') && !canonical.includes('//') && !/[\0-\x20\x7f-\uffff\\#?"<>[\]^`{|}]/.test(canonical) &&
      segments.every(segment => segment !== '.' && segment !== '..') &&
      [...canonical.matchAll(/%(..)?/g)].every(([, hex]) => /^[0-9A-F]{2}$/.test(hex ?? '') && !NEVER_ENCODED.test(String.fromCharCode(parseInt(hex!, 16))))
    }), options)
  })
})

t.test('the flags say what only some routes take', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(paths, path => {
      const found = canonicalPath(path)
      if (found === null) return true
      const { path: canonical, flags } = found
      return ((flags & ENCODED_SLASH) !== 0) === canonical.includes('%2F') && ((flags & SEMICOLON) !== 0) === /;|%3B/.test(canonical)
    }), options)
  })
})

t.test('it is what the URL standard makes of it, with empty segments merged and unreserved characters decoded', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(paths, path => {
      const canonical = canonicalPath(path)?.path
      if (canonical === undefined) return true
      const { pathname } = new URL(`http://h${path}`)
      const normal = pathname.replace(/%[0-9a-f]{2}/gi, escape => {
        const character = String.fromCharCode(parseInt(escape.slice(1), 16))
        return /[\w\-.~]/.test(character) ? character : escape.toUpperCase()
      }).replace(/[|[\]^]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`).replace(/\/{2,}/g, '/')
      return normal === canonical
    }), options)
  })
})

t.test('no decoding that an origin may do leads out of the path', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(paths, path => {
      const found = canonicalPath(path)
      if (found === null) return true
      const once = decodeURIComponent(found.path)
      const dots = (text: string): boolean => text.split(/[/\\]/).some(segment => /^\.{1,2}$/.test(segment.split(';', 1)[0]!))
      return !dots(once) && !dots(found.path)
    }), options)
  })
})

t.test('a path that a filter made may hold no dot segment at all', async t => {
  for (const path of ['/a/./b', '/a/../b', '/..', '/a/..']) t.equal(canonicalPath(path, false), null, path)
  t.same(canonicalPath('/a//b/%41', false), { path: '/a/b/A', flags: 0 })
})

t.test('what is no path is none', async t => {
  for (const path of ['', 'a', '*', '?a', 'http://a/']) t.equal(canonicalPath(path), null, JSON.stringify(path))
})

t.test('a long path takes no long time', async t => {
  const start = performance.now()
  for (const piece of ['/a', '/.', '/..', '%2e', '//', '%25', ';', '/a.']) canonicalPath(`/${piece.repeat(8192 / piece.length)}`)
  t.ok(performance.now() - start < 200)
})
