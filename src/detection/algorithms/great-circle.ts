/** A place on earth, in degrees. */
export type Coordinates = { readonly latitude: number; readonly longitude: number }

/** Mean radius of the earth, km. */
const radius = 6371

/** The distance between two places along a great circle, km (haversine formula). */
export function distanceBetween(one: Coordinates, other: Coordinates): number {
  const [north, south] = [toRadians(one.latitude), toRadians(other.latitude)]
  const chord =
    haversine(south - north) +
    Math.cos(north) * Math.cos(south) * haversine(toRadians(other.longitude - one.longitude))
  return 2 * radius * Math.asin(Math.min(1, Math.sqrt(chord)))
}

function haversine(angle: number): number {
  return Math.sin(angle / 2) ** 2
}

function toRadians(degrees: number): number {
  return (degrees * Math.PI) / 180
}
