import { minute, second } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** The password is known, the telephone rings until somebody approves; the files are taken only when nobody looks any more. */
export const mfaFatigue: Case = {
  id: 'mfa-fatigue',
  title: 'a stolen password and nine prompts by night until the user gives in; 150 files two hours later',
  days: 3,
  promise: { kind: 'attack', goneAtMost: 0.02 },
  play(scene) {
    const person = scene.person('support', 2)
    const session = scene.session(person, scene.strangeAddress(44), 'Browser', scene.device())
    const start = scene.at(1, 21)
    for (let prompt = 0; prompt < 9; prompt++)
      scene.failLogin(start + prompt * 100 * second, session, 'page', 'multi-factor required')
    scene.login(start + 16 * minute, session, 'page')
    for (let file = 0; file < 150; file++)
      scene.downloadFile(start + 136 * minute + file * 10 * second, session, 900_000)
  },
}
