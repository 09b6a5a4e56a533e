/** What makes two names of an app the same one: registrations, tokens and events have nothing but the name in common. */
export function appKeyOf(name: string): string {
  return name.trim().toLowerCase()
}
