/** The config of the room, decoded. */
export interface CorsConfig {
  readonly origins?: readonly string[]
  readonly originPatterns?: readonly string[]
  readonly methods: readonly string[]
  readonly headers?: readonly string[]
  readonly exposedHeaders?: readonly string[]
  readonly credentials: boolean
  /** Milliseconds. */
  readonly maxAge: number
  readonly privateNetwork: boolean
}
