import type { Principal } from '../../../src/contract/index.ts'
import type { Device } from './device.ts'
import type { Minted } from './mint.ts'

/** Devices of one caller, and of all anonymous ones together, that are remembered. */
const MAX_DEVICES = { principal: 16, nobody: 1024 }

/** Stands for every caller that nobody knows. */
const NOBODY = Object.freeze({})

/**
 * Passports that are good for further requests of the same caller. What is remembered of a principal goes with it; `varies`: requests of one
 * caller may come from different devices, each with a passport of its own.
 */
export class MintedPassports {
  readonly #varies: boolean
  readonly #single = new WeakMap<object, Minted>()
  readonly #byDevice = new WeakMap<object, Map<string, Minted>>()

  constructor (varies: boolean) {
    this.#varies = varies
  }

  get (principal: Principal | null, device: Device | null, now: number): string | null {
    const holder = principal ?? NOBODY
    const minted = this.#varies ? this.#byDevice.get(holder)?.get(keyOf(device)) : this.#single.get(holder)
    if (minted === undefined) return null
    const age = now - minted.since
    // The clock may have been set back
    return age >= 0 && age < minted.reuseForMs ? minted.value : null
  }

  set (principal: Principal | null, device: Device | null, minted: Minted): void {
    const holder = principal ?? NOBODY
    if (!this.#varies) {
      this.#single.set(holder, minted)
      return
    }
    const devices = this.#byDevice.get(holder) ?? new Map<string, Minted>()
    this.#byDevice.set(holder, devices)
    const key = keyOf(device)
    devices.delete(key)
    devices.set(key, minted)
    if (devices.size > MAX_DEVICES[principal === null ? 'nobody' : 'principal']) devices.delete(devices.keys().next().value!)
  }
}

/** Neither part has a line break. */
const keyOf = (device: Device | null): string => device === null ? '' : `${device.id ?? ''}\n${device.type ?? ''}`
