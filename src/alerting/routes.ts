import type { Level } from '../detection/detection.ts'
import type { Alert } from './alert.ts'

/** Which alerts go to which receivers. */
export type RoutingOptions = {
  /** In order. Every route that matches applies, up to and including the first that says `stop`. */
  readonly routes: readonly RouteOptions[]
  /** Receivers of the alerts that no route matches. */
  readonly fallback?: readonly string[]
}

/** One of the routes. */
export type RouteOptions = {
  /** All conditions must hold; without any, the route matches every alert. */
  readonly match?: RouteMatch
  /** Names of receivers. */
  readonly receivers: readonly string[]
  /** No further route is looked at once this one matched. */
  readonly stop?: boolean
}

/** Each condition is a list of which one must hold. */
export type RouteMatch = {
  /** Names or ids of orgs. */
  readonly org?: readonly string[]
  readonly detector?: readonly string[]
  readonly level?: readonly Level[]
  /** Types of entities, such as `user`. */
  readonly entity?: readonly string[]
  /** Tags of the detector. */
  readonly tags?: readonly string[]
}

/** `below-level`: a route would match if the alert had another level. */
export type Routing =
  | { readonly kind: 'routed'; readonly receivers: readonly string[] }
  | { readonly kind: 'unrouted'; readonly reason: 'no-route' | 'below-level' }

/** The receivers of an alert, each once, in the order of the routes. */
export function routeAlert({ routes, fallback = [] }: RoutingOptions, alert: Alert): Routing {
  const receivers = new Set<string>()
  for (const route of routes) {
    if (!matches(route.match ?? {}, alert)) continue
    for (const receiver of route.receivers) receivers.add(receiver)
    if (route.stop) break
  }
  if (receivers.size === 0) for (const receiver of fallback) receivers.add(receiver)
  if (receivers.size > 0) return { kind: 'routed', receivers: [...receivers] }
  const atAnyLevel = routes.some(({ match = {} }) => matches({ ...match, level: [alert.level] }, alert))
  return { kind: 'unrouted', reason: atAnyLevel ? 'below-level' : 'no-route' }
}

function matches(match: RouteMatch, { level, latest }: Alert): boolean {
  const { org, detector, entity } = latest
  return (
    holds(match.org, [org.id, org.name]) &&
    holds(match.detector, [detector.id]) &&
    holds(match.level, [level]) &&
    holds(match.entity, [entity.type]) &&
    holds(match.tags, detector.tags)
  )
}

function holds(wanted: readonly string[] | undefined, values: readonly string[]): boolean {
  return wanted === undefined || values.some((value) => wanted.includes(value))
}
