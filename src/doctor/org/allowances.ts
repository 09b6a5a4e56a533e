import { isMonitoring } from '../../salesforce/channels.ts'
import type { Allowance, OrgApi } from '../../salesforce/org-api.ts'
import { failed, type Outcome, ok, warning } from '../finding.ts'

type Rule = {
  readonly name: string
  readonly label: string
  /** Whether it counts for these channels. */
  readonly concerns: (channels: readonly string[]) => boolean
  readonly remedy: string
}

const rules: readonly Rule[] = [
  {
    name: 'DailyApiRequests',
    label: 'API requests a day',
    concerns: () => true,
    remedy:
      'Setup → Company Information → API Requests tells who used them; Forcewatch needs a few hundred a day. Another integration must ask less, or Salesforce grant more.',
  },
  {
    name: 'DurableStreamingApiConcurrentClients',
    label: 'streaming clients at a time',
    concerns: () => true,
    remedy:
      'End streaming clients that nobody needs; Forcewatch holds one per org. A client that was killed is counted for up to two minutes more.',
  },
  {
    name: 'DailyDeliveredPlatformEvents',
    label: 'deliveries of custom events a day',
    // Monitoring events do not count against it.
    concerns: (channels) => !channels.every(isMonitoring),
    remedy:
      'Fewer subscribers to custom events and change events, or the add-on for more. What is not delivered today waits for 72 hours.',
  },
]

const scarce = 0.1

/** Looks how much is left of the allowances that Forcewatch draws on. */
export async function checkAllowances(api: OrgApi, channels: readonly string[]): Promise<readonly Outcome[]> {
  const allowances = await api.limits()
  return rules.flatMap((rule) => {
    const allowance = allowances[rule.name]
    return allowance && rule.concerns(channels) ? [judge(rule, allowance)] : []
  })
}

function judge({ label, remedy }: Rule, { Max, Remaining }: Allowance): Outcome {
  const text = `${Remaining.toLocaleString('en')} of ${Max.toLocaleString('en')} ${label} are left`
  if (Remaining <= 0) return failed(text, remedy)
  return Remaining < scarce * Max ? warning(text, remedy) : ok(text)
}
