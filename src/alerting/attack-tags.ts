/** MITRE ATT&CK tactics (enterprise) by the name that Sigma tags use. */
const tactics: Readonly<Record<string, readonly [uid: string, name: string]>> = {
  reconnaissance: ['TA0043', 'Reconnaissance'],
  'resource-development': ['TA0042', 'Resource Development'],
  'initial-access': ['TA0001', 'Initial Access'],
  execution: ['TA0002', 'Execution'],
  persistence: ['TA0003', 'Persistence'],
  'privilege-escalation': ['TA0004', 'Privilege Escalation'],
  'defense-evasion': ['TA0005', 'Defense Evasion'],
  'credential-access': ['TA0006', 'Credential Access'],
  discovery: ['TA0007', 'Discovery'],
  'lateral-movement': ['TA0008', 'Lateral Movement'],
  collection: ['TA0009', 'Collection'],
  'command-and-control': ['TA0011', 'Command and Control'],
  exfiltration: ['TA0010', 'Exfiltration'],
  impact: ['TA0040', 'Impact'],
}

/** An OCSF `attack` object: a tactic, or a technique with or without its sub-technique. */
export type Attack = {
  readonly tactic?: { readonly uid: string; readonly name: string }
  readonly technique?: { readonly uid: string }
  readonly sub_technique?: { readonly uid: string }
}

/** `attack.exfiltration`, `attack.t1213.004` → OCSF attacks. Tags of another kind are left out. */
export function toAttacks(tags: readonly string[]): readonly Attack[] {
  return tags.flatMap((tag) => toAttack(tag.toLowerCase()) ?? [])
}

function toAttack(tag: string): Attack | undefined {
  const technique = /^attack\.(t\d{4})(\.\d{3})?$/.exec(tag)
  if (technique) {
    const [, parent = '', child] = technique
    const uid = parent.toUpperCase()
    return { technique: { uid }, ...(child && { sub_technique: { uid: uid + child } }) }
  }
  const name = /^attack\.([a-z_-]+)$/.exec(tag)?.[1]?.replaceAll('_', '-') ?? ''
  const tactic = Object.hasOwn(tactics, name) ? tactics[name] : undefined
  return tactic && { tactic: { uid: tactic[0], name: tactic[1] } }
}
