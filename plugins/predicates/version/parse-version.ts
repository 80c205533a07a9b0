/** Major, minor and patch number. */
export type Version = readonly [number, number, number]

const VERSION = /^[vV]?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?$/

/** Reads one to three numbers, `v` before them or not; parts that are left out are 0. Null where it is no version. */
export function parseVersion (text: string): Version | null {
  const found = VERSION.exec(text)
  return found && [Number(found[1]), Number(found[2] ?? 0), Number(found[3] ?? 0)]
}

/** Below 0 where `a` is the lower version, 0 where they are equal. */
export function compareVersions (a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}
