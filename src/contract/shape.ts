/** The part of JSON Schema that our schemas use. */
export interface Shape {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly patternProperties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Shape
  readonly items?: Shape
  readonly minItems?: number
  readonly anyOf?: readonly Shape[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly default?: unknown
  /** Makes of a sound value what the room gets: TypeBox's own name for it. */
  readonly '~codec'?: { decode(value: unknown): unknown }
  /** What is allowed, in words. */
  readonly 'x-expects'?: string
  /** One value that is no list stands for a list of it. */
  readonly 'x-scalar'?: boolean
}
