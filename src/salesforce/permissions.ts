/** A permission of a Salesforce user, as Setup calls it and as metadata and SOQL (`Permissions<name>`) do. */
export type UserPermission = {
  readonly name: string
  readonly label: string
}

/** A permission that the integration user should have. */
export type NeededPermission = UserPermission & {
  /** Whether nothing can be watched without it. */
  readonly required: boolean
  /** What does not work without it. */
  readonly without: string
}

/** Name of the permission set in `salesforce/`, which grants what is listed here and reading the event objects. */
export const permissionSetName = 'Forcewatch'

/**
 * What the integration user needs beside reading event objects. `ViewDataLeakageEvents` is how Salesforce's field reference
 * names the permission that Setup shows as View Real-Time Event Monitoring Data.
 */
export const neededPermissions: readonly NeededPermission[] = [
  { name: 'ApiEnabled', label: 'API Enabled', required: true, without: 'no call to Salesforce is answered' },
  {
    name: 'ViewDataLeakageEvents',
    label: 'View Real-Time Event Monitoring Data',
    required: true,
    without: 'no monitoring event can be read',
  },
  {
    name: 'ViewAllUsers',
    label: 'View All Users',
    required: false,
    without: 'alerts cannot name people, and detectors know no profiles and roles',
  },
  {
    name: 'ViewSetup',
    label: 'View Setup and Configuration',
    required: false,
    without: 'profiles, connected apps and the switches of events cannot be seen',
  },
  {
    name: 'ViewRoles',
    label: 'View Roles and Role Hierarchy',
    required: false,
    without: 'the roles of people cannot be seen',
  },
  {
    name: 'ViewEventLogFiles',
    label: 'View Event Log Files',
    required: false,
    without: 'there is no backfill from before events were stored',
  },
]

/** What the integration user must not have: whoever got hold of its key could do harm with it. */
export const excessivePermissions: readonly UserPermission[] = [
  { name: 'ModifyAllData', label: 'Modify All Data' },
  { name: 'ViewAllData', label: 'View All Data' },
  { name: 'CustomizeApplication', label: 'Customize Application' },
  { name: 'ManageUsers', label: 'Manage Users' },
  { name: 'AuthorApex', label: 'Author Apex' },
]
