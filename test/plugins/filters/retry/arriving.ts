import { heldBody, type BodyStream, type Reply } from '../../../../src/contract/index.ts'
import { reply } from '../../../../src/testing/index.ts'

/** An answer whose body is still arriving. */
export function arriving (status: number, length: string | null, held: () => Promise<Uint8Array | null>) {
  const cancelled: Error[] = []
  const asked: number[] = []
  const body: BodyStream = {
    ended: false,
    hold: async maxBytes => {
      asked.push(maxBytes)
      return await held()
    },
    copy: max => heldBody(null).copy(max),
    cancel: reason => cancelled.push(reason)
  }
  return { answer: { ...reply({ status, headers: length === null ? {} : { 'content-length': length } }), body } as Reply, cancelled, asked }
}
