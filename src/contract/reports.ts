/** What a room knows of its work and operators want to see: JSON on the admin listener. */
export interface Report {
  /** A line of the list: small. */
  summary(): object
  /** All of it. */
  view(): object | Promise<object>
  /** What operators may do, by name; the result is shown. */
  readonly actions: Readonly<Record<string, () => object | Promise<object>>>
}

/** Shows operators what one use of a room knows: in the list `GET /{room}`, as `GET /{room}/{route}/{name}`, with `POST /{room}/{route}/{name}/{action}`. Withdrawn with the plan. */
export interface Reports {
  publish(name: string, report: Report): void
}

/** The reports of a gateway. Where the plan of before and that of now have published one under the same name, the newest counts. */
export interface ReportBoard {
  /** Null for what is no room that publishes reports. */
  list(room: string): readonly { readonly route: string, readonly name: string, readonly summary: object }[] | null
  find(room: string, route: string, name: string): Report | null
}
