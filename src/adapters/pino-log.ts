import pino, { type DestinationStream } from 'pino'
import type { Log } from '../contract/services.ts'
import { ecsError } from './ecs-error.ts'
import { LineBuffer } from './line-buffer.ts'

/** How lines are written. */
export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Where lines go; the standard output, buffered, when left out. */
  readonly destination?: DestinationStream
}

/** A log and the means to get its last lines out. */
export interface PinoLog extends Log {
  flush(): void
  /** A line that is JSON already, written as it is where the level lets `info` through. */
  line(json: string): void
}

/** Beyond this lines are dropped: a reader that does not keep up must not take the memory of the process. */
const MAX_WAITING = 16 * 1024 * 1024
const STDOUT = 1

/**
 * JSON lines by pino in ECS shape (`@timestamp`, `log.level`, `message`; an `error` as `error.type`, `error.message`, `error.stack_trace`).
 * Lines are buffered, so that a request never waits for a disk. A disk that is full costs lines and not the process.
 */
export function pinoLog ({ level, destination }: LogOptions): PinoLog {
  const stream = destination ?? standardOutput(lines => { log.warn({ 'gatehouse.dropped': lines }, 'log lines were dropped: they could not be written fast enough') })
  const log = pino({
    level,
    base: null,
    messageKey: 'message',
    errorKey: 'error',
    timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
    formatters: { level: label => ({ 'log.level': label }), log: ecsFields }
  }, stream)
  return {
    debug: (fields, message) => { log.debug(fields, message) },
    info: (fields, message) => { log.info(fields, message) },
    warn: (fields, message) => { log.warn(fields, message) },
    error: (fields, message) => { log.error(fields, message) },
    line: json => { if (log.isLevelEnabled('info')) stream.write(json) },
    flush: () => { if ('flush' in stream && typeof stream.flush === 'function') stream.flush() }
  }
}

function standardOutput (onDropped: (lines: number) => void): LineBuffer {
  const buffer = new LineBuffer({ fd: STDOUT, maxWaiting: MAX_WAITING, onDropped })
  process.on('exit', () => { buffer.end() })
  return buffer
}

function ecsFields (fields: Record<string, unknown>): Record<string, unknown> {
  if (!('error' in fields)) return fields
  const { error, ...others } = fields
  return { ...ecsError(error), ...others }
}
