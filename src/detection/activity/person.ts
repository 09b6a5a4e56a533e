/** A user of an org as its directory describes them. Null where the org does not tell. */
export type Person = {
  readonly username: string | null
  /** First and last name. */
  readonly name: string | null
  /** Such as `Standard`, `Guest`, `CspLitePortal`. */
  readonly userType: string | null
  readonly profile: string | null
  readonly role: string | null
  readonly department: string | null
  readonly active: boolean | null
  /** When the user was created and had last logged in by then, ms since the epoch. */
  readonly created: number | null
  readonly lastLogin: number | null
}

/** Finds the person behind a user id (18 characters) of an org. */
export type PersonLookup = (orgId: string, user: string) => Person | null
