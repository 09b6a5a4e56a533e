import type { Alert } from '../alerting/alert.ts'
import type { Clock } from '../clock.ts'
import type { Delivery, Notification, Notifier } from '../notify/notifier.ts'
import type { Part } from './examine.ts'
import { failed, type Outcome, ok, warning } from './finding.ts'
import { createTestAlert } from './test-alert.ts'

export type ReceiverOptions = {
  /** Whether a test message is to be sent. */
  readonly send: boolean
  /** Routes that lead to it. */
  readonly routes: number
  readonly clock: Clock
}

/** The checks of one receiver. Nothing is sent unless asked for. */
export function receiverPart(notifier: Notifier, { send, routes, clock }: ReceiverOptions): Part {
  return {
    name: `receiver ${notifier.receiver}`,
    checks: [
      { name: 'routes', run: async () => [judgeRoutes(routes)] },
      {
        name: 'delivery',
        run: async (signal) =>
          send ? sendTest(notifier, clock, signal) : [ok('not tried: --send-test-message sends one message')],
      },
    ],
  }
}

function judgeRoutes(routes: number): Outcome {
  if (routes > 0) return ok(`${routes} ${routes === 1 ? 'route leads' : 'routes lead'} to it`)
  return warning('no route leads to it', 'Name it in receivers of one of the routes, or remove it.')
}

/** A message that is taken back at once, so that no incident stays open. */
async function sendTest(notifier: Notifier, clock: Clock, signal: AbortSignal): Promise<readonly Outcome[]> {
  const alert = createTestAlert(clock.now())
  const first = await notifier.deliver(toNotification(alert, 'first'), signal)
  if (first.kind !== 'accepted') return [toOutcome(first)]
  await clock.sleep(notifier.spacing, signal)
  const resolved: Alert = { ...alert, status: 'resolved', resolvedAt: clock.now() }
  const second = await notifier.deliver(toNotification(resolved, 'resolved'), signal)
  return second.kind === 'accepted' ? [ok('took the test message, and its end')] : [toOutcome(second)]
}

function toNotification(alert: Alert, cause: Notification['cause']): Notification {
  return { key: `${alert.id}/${cause}`, alert, cause }
}

function toOutcome(delivery: Exclude<Delivery, { kind: 'accepted' }>): Outcome {
  if (delivery.kind === 'retry')
    return failed(
      `could not take the test message: ${delivery.reason}`,
      'Check the way to it (DNS, firewall, proxy).',
    )
  return failed(`refused the test message: ${delivery.reason}`, 'Mend what it says in receivers.')
}
