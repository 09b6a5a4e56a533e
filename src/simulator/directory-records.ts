import { type OrgUser, toUserRow } from './server/org-user.ts'

/**
 * What Forcewatch's ingest would write about the users of an org when it reads its directory at `time` (ms): one line of JSON
 * each, as they stand before the events in a file.
 */
export function* directoryRecords(users: readonly OrgUser[], time: number): Generator<string> {
  const EventDate = new Date(time).toISOString()
  for (const user of users) {
    const { Id: UserId, Profile, UserRole, CreatedDate, LastLoginDate, ...row } = toUserRow(user)
    const { Username, Name, UserType, IsActive, Department } = row
    const payload = {
      EventDate,
      UserId,
      Username,
      Name,
      UserType,
      Profile: nameOf(Profile),
      Role: nameOf(UserRole),
      IsActive,
      Department,
      CreatedDate,
      LastLoginDate,
    }
    yield JSON.stringify({ channel: '/forcewatch/directory', data: { payload } })
  }
}

function nameOf(object: unknown): unknown {
  return typeof object === 'object' && object !== null && 'Name' in object ? object.Name : null
}
