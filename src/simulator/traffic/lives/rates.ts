import { day, hour, minute } from '../../../duration.ts'

const week = 7 * day
const year = 365 * day

/** The shortest and the longest time that something lasts; its turns are spread evenly between them from life to life. */
export type Span = readonly [shortest: number, longest: number]

/** Something that comes now and then: in each stretch of `every` ms once with this chance, and it lasts for a `Span`. */
export type Occasion = { readonly every: number; readonly chance: number; readonly lasts: Span }

/** A thing of one day. */
const aDay: Span = [day, day]

/**
 * How often ordinary things happen in a company, from common knowledge about companies and none about detectors. Where it is a
 * guess, it is the middle of what is plausible.
 */
export const rates = {
  /** One in seven leaves in a year: less in administrations, far more in call centres. */
  tenure: [3 * year, 12 * year],
  /** Contacts of customers change a little faster than employees. */
  customerTenure: [2.5 * year, 10 * year],
  /** A position is filled after notice and search, seldom within days. */
  vacancy: [week, 9 * week],
  /** Who is new does half the work in the first weeks. */
  onboarding: { lasts: 2 * week, share: 0.5 },
  /** One in twelve moves to another job within the company each year. */
  job: [6 * year, 20 * year],

  /** Three holidays a year of one to three weeks: with single days about the 25 working days of Europe, more than in America. */
  holiday: { every: year / 3, chance: 0.95, lasts: [4 * day, 21 * day] },
  /** Eight sick days a year: five in America, twelve in Germany. */
  illness: { every: year / 3, chance: 0.95, lasts: [day, 5 * day] },
  /** Parents and others on a long leave: three in a hundred a year, for two to eight months. */
  leave: { every: 3 * year, chance: 0.1, lasts: [60 * day, 240 * day] },
  /** What these leave of the working days: holidays take 10 %, illness 3 %, long leaves 1 %. */
  atWork: 0.86,

  /** Of sales, and of everybody else, so many travel regularly … */
  travellers: { sales: 0.4, others: 0.1 },
  /** … every six weeks for some days; … */
  travellerTrip: { every: 6 * week, chance: 0.9, lasts: [2 * day, 5 * day] },
  /** … the rest once a year, to a meeting or a fair. */
  trip: { every: year, chance: 0.8, lasts: [2 * day, 5 * day] },
  /** One trip in five leads out of the usual part of the world. */
  farTrip: 0.2,
  /** A day by the phone's network, on a train or at a customer's: twice in three months. */
  outside: { every: 45 * day, chance: 1, lasts: aDay },
  /** Providers give a home another address every day (Germany) or after a year (America). */
  homeAddress: [30 * day, 240 * day],

  /** Companies write computers off after three to five years, and some break. */
  computer: [2.5 * year, 5 * year],
  /** Browsers install the version that comes every four weeks within two weeks. */
  browserLag: [0, 2 * week],
  /** So many of sales, and of everybody else, have the org on their phone, … */
  phones: { sales: 0.4, others: 0.15 },
  /** … which is replaced after two to four years … */
  phone: [2 * year, 4 * year],
  /** … and logs in on every other working day: its token lives for days. */
  phoneLogins: 0.5,

  /** Help desks reset one or two passwords a year for each user; half of those who know one forget it at work. */
  forgottenPassword: { every: year, chance: 1, lasts: aDay },
  /** Customers ask for another one before they have failed five times, mostly. */
  customerForgets: { every: 2 * year, chance: 1, lasts: aDay },

  /** A launch, a tender, an inventory: two weeks or less of double work, twice a year. */
  busy: { every: year / 2, chance: 0.9, lasts: [3 * day, 14 * day] },
  busyFactor: { median: 2, sigma: 0.3 },
  /** A list is cleaned by hand once in two years: duplicates, leads of a fair, old tasks. */
  cleanUp: { every: 2 * year, chance: 1, lasts: aDay },
  /** One in ten of operations has a data loader, every administrator has; each uses it a few times a quarter. */
  loaders: 0.1,
  load: { every: 30 * day, chance: 0.9, lasts: aDay },
  /** One export in a hundred is of another kind: a whole year, all regions, every column. */
  largeExport: { chance: 0.01, times: 12, sigma: 0.6 },

  /** A vendor moves or adds a server now and then. */
  vendorAddress: [0.7 * year, 2.5 * year],
  /** Vendors release two to four times a year. */
  clientVersion: [0.25 * year, 0.6 * year],
  /** An integration is taught another object about once a year. */
  scope: [0.6 * year, 2 * year],
  /** Every two or three months somebody adds an object to the org; a warehouse reads it a week later. */
  customObject: [75 * day, 75 * day],
  warehouseLag: week,
  /** Vendors report an incident every other month, mostly of about an hour. */
  outage: { every: 60 * day, chance: 0.9, lasts: [20 * minute, 3 * hour] },
  /** Once a quarter a new tool is tried for some weeks. */
  trial: { every: year / 4, chance: 0.9, lasts: [2 * week, 6 * week] },
} as const satisfies Readonly<Record<string, Span | Occasion | number | object>>
