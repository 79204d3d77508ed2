/**
 * Make `null` of everything that is missing in a value: where Python runs in the browser, its `None` comes as
 * `undefined`. The value itself is changed, and returned.
 */
export function nulls<T>(value: T): T {
  if (value === undefined) return null as T;
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  const parts = value as Record<string, unknown>;
  for (const [name, part] of Object.entries(parts)) {
    const whole = nulls(part);
    if (whole !== part) parts[name] = whole;
  }
  return value;
}
