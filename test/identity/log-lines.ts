/** A line of a gateway's log. */
export type Line = Readonly<Record<string, unknown>>

/** What a gateway writes, to be looked at and waited for. */
export class LogLines {
  /** All of it, as it was written. */
  text = ''
  readonly lines: Line[] = []
  #waiting: { fits: (line: Line) => boolean, resolve: (line: Line) => void }[] = []

  readonly write = (text: string): void => {
    this.text += text
    const line = JSON.parse(text) as Line
    this.lines.push(line)
    for (const one of this.#waiting.filter(({ fits }) => fits(line))) one.resolve(line)
    this.#waiting = this.#waiting.filter(({ fits }) => !fits(line))
  }

  /** The first that fits, of those there are and those to come. */
  async find (fits: (line: Line) => boolean): Promise<Line> {
    return this.lines.find(fits) ?? await new Promise(resolve => { this.#waiting.push({ fits, resolve }) })
  }

  /** The access line of a request. */
  async ofRequest (id: string): Promise<Line> {
    return await this.find(line => line['message'] === 'request' && line['http.request.id'] === id)
  }
}
