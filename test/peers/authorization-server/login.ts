import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Provider } from 'oidc-provider'

/**
 * The page behind `/interaction/`: a form with the one field `login` that takes the name of an account; consent is given without asking. True where the request was for it.
 */
export function answerInteraction (req: IncomingMessage, res: ServerResponse, provider: Provider, accounts: readonly string[]): boolean {
  if (!req.url!.startsWith('/interaction/')) return false
  interact(req, res, provider, accounts).catch((error: Error) => { res.writeHead(400, { 'content-type': 'text/plain' }).end(error.message) })
  return true
}

async function interact (req: IncomingMessage, res: ServerResponse, provider: Provider, accounts: readonly string[]): Promise<void> {
  const { prompt } = await provider.interactionDetails(req, res)
  if (prompt.name === 'consent') return await provider.interactionFinished(req, res, { consent: {} })
  const login = req.method === 'POST' ? new URLSearchParams(await text(req)).get('login') ?? '' : null
  if (login !== null && accounts.includes(login)) return await provider.interactionFinished(req, res, { login: { accountId: login, amr: ['pwd'] } })
  res.writeHead(login === null ? 200 : 401, { 'content-type': 'text/html; charset=utf-8' })
    .end('<!doctype html><title>Login</title><form method="post"><input name="login" autofocus/><button type="submit">Login</button></form>')
}
