/** How far apart two numbers may be. */
export interface Tolerance { readonly absolute: number, readonly relative: number }

/** What is said of one path. */
export interface Marks { ignored?: true, unordered?: true, typeOnly?: true, plain?: true, tolerance?: Tolerance }

/** Paths as a tree; the child `*` stands for any step. */
export interface RuleTree { readonly marks: Marks, readonly children: Map<string, RuleTree> }

/** What holds below a place as it does there. */
type Inherited = Pick<PathRule, 'typeOnly' | 'plain' | 'tolerance'>

const NOTHING: Inherited = { typeOnly: false, plain: false, tolerance: null }

/** What holds at one place of a document. Places that no rule tells apart share one, so that a walk makes none anew. */
export class PathRule {
  readonly ignored: boolean
  /** Of the list at this very place; all else holds below too. */
  readonly unordered: boolean
  readonly typeOnly: boolean
  readonly plain: boolean
  readonly tolerance: Tolerance | null
  readonly #trees: readonly RuleTree[]
  readonly #named = new Map<string, PathRule | null>()
  #other: PathRule | null = null

  /** `trees` are all that fit the place, the most exact first. */
  constructor (trees: readonly RuleTree[], above: Inherited = NOTHING) {
    const says = (mark: keyof Marks) => trees.some(({ marks }) => marks[mark] !== undefined)
    this.#trees = trees
    this.ignored = says('ignored')
    this.unordered = says('unordered')
    this.typeOnly = above.typeOnly || says('typeOnly')
    this.plain = above.plain || says('plain')
    this.tolerance = trees.find(({ marks }) => marks.tolerance)?.marks.tolerance ?? above.tolerance
    for (const { children } of trees) for (const name of children.keys()) if (name !== '*') this.#named.set(name, null)
  }

  /** What holds one step below. */
  step (name: string | number): PathRule {
    if (this.#named.size === 0) return this.#any()
    const known = this.#named.get(String(name))
    if (known === undefined) return this.#any()
    if (known !== null) return known
    const made = new PathRule([...this.#below(String(name)), ...this.#below('*')], this)
    this.#named.set(String(name), made)
    return made
  }

  #any (): PathRule {
    this.#other ??= this.#trees.length === 0 ? this : new PathRule(this.#below('*'), this)
    return this.#other
  }

  #below (name: string): RuleTree[] {
    return this.#trees.flatMap(({ children }) => children.get(name) ?? [])
  }
}
