import type { MemberPlace } from './member.ts'

/** One address of an upstream, wherever it comes from. */
export interface Address extends MemberPlace {
  /** `http://10.0.0.7:8080` */
  readonly url: string
  /** The authority it was found under where that is a name, `orders.svc:8080`: for the Host field and the certificate. */
  readonly name?: string
}
