import { day, hour, minute } from '../../duration.ts'
import type { Act } from './act.ts'
import { busyness, drawWorkTime } from './calendar.ts'
import { createDesk } from './desk.ts'
import { errands } from './errands.ts'
import type { Today } from './lives/life.ts'
import type { OrgToday } from './lives/lives.ts'
import { rates as ordinary } from './lives/rates.ts'
import { recordLoginAs } from './login.ts'
import type { Person, SimulatedOrg } from './org.ts'
import { recordPermissionChange } from './pages.ts'
import type { SimulatedEvent } from './payload.ts'
import type { Recorder, Session } from './recorder.ts'
import { recordReport } from './report.ts'

/** Chance that somebody who is not on leave comes on an ordinary day. */
const presence = { staff: 0.97, portal: 0.28 } as const

/** Everything the people of an org do on the UTC day that starts at `dayStart`, in no particular order. */
export function planPeople(org: SimulatedOrg, today: OrgToday, recorder: Recorder, dayStart: number): Act[] {
  const factor = busyness(dayStart)
  return [
    ...today.staff.flatMap((one) => planPerson(one, recorder, dayStart, factor, presence.staff)),
    ...today.portal.flatMap((one) => planPerson(one, recorder, dayStart, factor, presence.portal)),
    ...planAdministration(org, today, recorder, dayStart, factor),
    ...planDashboards(today, recorder, dayStart, factor),
  ]
}

function planPerson(
  today: Today,
  recorder: Recorder,
  dayStart: number,
  factor: number,
  usual: number,
): Act[] {
  const { random } = recorder
  const { person, phone } = today
  const present = Math.min(0.97, usual * factor)
  if (today.isAway || !random.chance(present)) return []
  const share = factor / present
  const desk = createDesk(person, recorder)
  const acts: Act[] = []
  const drawTime = () => drawWorkTime(random, dayStart, person.zoneOffset, person.habit)
  const add = (run: (time: number) => readonly SimulatedEvent[]) => {
    const time = drawTime()
    acts.push({ time, run: () => [...desk.arrive(time), ...run(time)] })
  }
  const plan = (rate: number, run: (time: number) => readonly SimulatedEvent[]) => {
    for (let left = random.poisson(rate * share); left > 0; left--) add(run)
  }
  const { rates } = person
  plan(rates.extraLogins, (time) => desk.login(time))
  plan(rates.pages, (time) => desk.page(time))
  plan(rates.listViews, (time) => desk.listView(time))
  plan(rates.reports, (time) => desk.report(time))
  plan(rates.exports, (time) => desk.export(time))
  plan(rates.files, (time) => desk.file(time))
  plan(rates.apiCalls, (time) => desk.api(time))
  plan(0.03, (time) => desk.logout(time + minute))
  if (phone) plan(ordinary.phoneLogins, (time) => [desk.phoneLogin(time, phone, 'refresh')])
  for (const errand of today.errands) add((time) => errands[errand](today, desk, recorder, time))
  if (acts.length === 0) acts.push({ time: drawTime(), run: () => [] })
  const first = acts.reduce((earliest, act) => Math.min(earliest, act.time), Number.POSITIVE_INFINITY)
  const arrival = Math.max(dayStart, first - minute)
  acts.push({ time: arrival, run: () => desk.login(arrival) })
  return acts
}

/** Administrators act as other users and change permissions. */
function planAdministration(
  { identity, staff: posts }: SimulatedOrg,
  { staff }: OrgToday,
  recorder: Recorder,
  dayStart: number,
  factor: number,
): Act[] {
  const { random } = recorder
  const administrators = staff.filter(
    ({ isAway, person }) => !isAway && person.department === 'administration',
  )
  if (administrators.length === 0) return []
  const scale = posts.length / 500
  const acts: Act[] = []
  const plan = (rate: number, make: (time: number, session: Session, target: Person) => SimulatedEvent) => {
    for (let left = random.poisson(rate * scale * factor); left > 0; left--) {
      const administrator = random.pick(administrators).person
      const time = drawWorkTime(random, dayStart, administrator.zoneOffset, 0)
      const target = random.pick(staff).person
      const device = random.pick(administrator.devices)
      const session = recorder.openSession(
        administrator,
        random.pick(administrator.origins),
        device,
        'Browser',
      )
      acts.push({ time, run: () => [make(time, session, target)] })
    }
  }
  plan(20, (time, session, target) => recordLoginAs(recorder, time, session, target, identity.id))
  plan(8, (time, session, target) => recordPermissionChange(recorder, time, session, target))
  return acts
}

/** Most report runs are nobody's: dashboards refresh and schedules fire, without session or address. */
function planDashboards({ staff }: OrgToday, recorder: Recorder, dayStart: number, factor: number): Act[] {
  const { random } = recorder
  const runs = random.poisson(4200 * (staff.length / 500) * Math.max(0.3, factor))
  return Array.from({ length: runs }, () => {
    const owner = random.pick(staff).person
    const isScheduled = random.chance(0.2)
    const time = isScheduled
      ? dayStart + 5 * hour + random.integer(2 * 60) * minute
      : drawWorkTime(random, dayStart, owner.zoneOffset, owner.habit)
    const report = random.pick(owner.reports)
    const dashboard = { id: owner.reports[0]?.id.replace('00O', '01Z') ?? '', name: 'Team dashboard' }
    const run = {
      operation: isScheduled ? 'ReportRunAndNotificationSent' : 'DashboardComponentUpdated',
      report,
      rows: Math.min(2000, Math.round(random.logNormal(report.rows, 0.3))),
      isScheduled,
      ...(isScheduled ? {} : { dashboard }),
    }
    return { time: Math.min(time, dayStart + day - 1), run: () => recordReport(recorder, time, owner, run) }
  })
}
