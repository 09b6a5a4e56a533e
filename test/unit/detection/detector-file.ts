/** The text of a small detector file that is in order. Lines can be replaced by their key, or left out with null. */
export function detectorText(changes: Readonly<Record<string, string | null>> = {}): string {
  const lines: Record<string, string | null> = { ...ordinary, ...changes }
  return Object.values(lines)
    .filter((line) => line !== null)
    .join('\n')
    .concat('\n')
}

const ordinary: Readonly<Record<string, string>> = {
  id: 'id: burst',
  title: 'title: Many logins',
  level: 'level: medium',
  description: 'description: Somebody logs in again and again.',
  where: 'where: { action: login }',
  entity: 'entity: user',
  measure: 'measure: count',
  windows: 'windows: [10m]',
  baseline: 'baseline: { model: none }',
  fires: 'fires: { at_least: 5 }',
  alert: 'alert: { runbook: Ask the user. }',
  tests: `tests:
  - name: four logins stay quiet
    given: [{ event: LoginEventStream, count: 4 }]
    expect: none
  - name: five logins fire
    given: [{ event: LoginEventStream, count: 5 }]
    expect: [{ entity: u1, level: medium, after: 5s }]`,
}
