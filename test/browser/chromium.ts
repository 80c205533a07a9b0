import { existsSync } from 'node:fs'
import type { Browser } from 'puppeteer-core'
import type { Test } from 'tap'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable']
const found = PLACES.find(place => existsSync(place))

/** For tap: what is skipped where there is no browser, and how to get one. */
export const WITHOUT_CHROMIUM: { skip?: string } = found === undefined ? { skip: 'no Chromium on this machine: logins in a real browser are not tested (apt-get install chromium)' } : {}

/** A headless browser of its own, gone with the test. */
export async function chromium (t: Test): Promise<Browser> {
  const { launch } = await import('puppeteer-core')
  const browser = await launch({ executablePath: found!, headless: true, acceptInsecureCerts: true, args: ['--no-sandbox', '--disable-dev-shm-usage', '--ignore-certificate-errors'] })
  t.teardown(() => browser.close())
  return browser
}
