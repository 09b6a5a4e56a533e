import { hour } from '../../duration.ts'

/** Where an address is, as a login event tells it. */
export type Place = {
  readonly city: string
  readonly subdivision: string
  readonly country: string
  readonly iso: string
  readonly postalCode: string
  readonly latitude: number
  readonly longitude: number
}

/** One of the three zones people work in; `offset` from UTC in ms. */
export type Zone = { readonly name: string; readonly offset: number; readonly places: readonly Place[] }

function place(
  city: string,
  subdivision: string,
  country: string,
  iso: string,
  postalCode: string,
  latitude: number,
  longitude: number,
): Place {
  return { city, subdivision, country, iso, postalCode, latitude, longitude }
}

/** Where the people of an org work. */
export const zones: readonly Zone[] = [
  {
    name: 'Europe/Berlin',
    offset: hour,
    places: [
      place('Berlin', 'Berlin', 'Germany', 'DE', '10115', 52.53, 13.38),
      place('Hamburg', 'Hamburg', 'Germany', 'DE', '20095', 53.55, 10),
      place('Lyon', 'Auvergne-Rhône-Alpes', 'France', 'FR', '69001', 45.77, 4.83),
    ],
  },
  {
    name: 'America/New_York',
    offset: -5 * hour,
    places: [
      place('Boston', 'Massachusetts', 'United States', 'US', '02108', 42.36, -71.06),
      place('Atlanta', 'Georgia', 'United States', 'US', '30303', 33.75, -84.39),
      place('Toronto', 'Ontario', 'Canada', 'CA', 'M5H', 43.65, -79.38),
    ],
  },
  {
    name: 'Asia/Kolkata',
    offset: 5.5 * hour,
    places: [
      place('Pune', 'Maharashtra', 'India', 'IN', '411001', 18.52, 73.86),
      place('Hyderabad', 'Telangana', 'India', 'IN', '500001', 17.38, 78.47),
    ],
  },
]

/** Data centres: integrations and rented servers. */
export const dataCentres: readonly Place[] = [
  place('Ashburn', 'Virginia', 'United States', 'US', '20147', 39.04, -77.49),
  place('Frankfurt am Main', 'Hesse', 'Germany', 'DE', '60313', 50.11, 8.68),
  place('Dublin', 'Leinster', 'Ireland', 'IE', 'D02', 53.35, -6.26),
]

/** Where commercial VPNs come out; nobody of the org works there. */
export const farPlaces: readonly Place[] = [
  place('Amsterdam', 'North Holland', 'Netherlands', 'NL', '1012', 52.37, 4.9),
  place('Bucharest', 'București', 'Romania', 'RO', '010011', 44.43, 26.1),
  place('Singapore', 'Singapore', 'Singapore', 'SG', '018956', 1.29, 103.85),
]
