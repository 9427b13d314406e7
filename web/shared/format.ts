/** Money, times and spans the way a language writes them. Nothing here knows what time it is. */

const cache = new Map<string, unknown>();

/** `Intl` objects are dear to make and cheap to use. */
const kept = <T>(key: string, make: () => T): T => {
  const known = cache.get(key) as T | undefined;
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
};

/** An amount in minor units; the currency's own number of decimals tells what a minor unit is. */
export const formatMoney = (amountMinor: number, currency: string, locale: string): string => {
  const format = kept(
    `money ${locale} ${currency}`,
    () => new Intl.NumberFormat(locale, { style: 'currency', currency }),
  );
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
};

export const formatNumber = (value: number, locale: string): string =>
  kept(`number ${locale}`, () => new Intl.NumberFormat(locale)).format(value);

/** Day and time, in the reader's own time zone. */
export const formatDateTime = (iso: string, locale: string): string =>
  kept(
    `date ${locale}`,
    () => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }),
  ).format(new Date(iso));

/** The time of day, in the reader's own time zone. */
export const formatTime = (iso: string, locale: string): string =>
  kept(`time ${locale}`, () => new Intl.DateTimeFormat(locale, { timeStyle: 'short' })).format(new Date(iso));

const unit = (value: number, name: string, locale: string): string =>
  kept(
    `unit ${locale} ${name}`,
    () => new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'long' }),
  ).format(value);

/** A span in words, in the largest unit that says enough: seconds below a minute, minutes below two hours, hours. */
export const formatSpan = (seconds: number, locale: string): string => {
  if (seconds < 60) return unit(Math.max(1, Math.round(seconds)), 'second', locale);
  if (seconds < 7_200) return unit(Math.round(seconds / 60), 'minute', locale);
  return unit(Math.round(seconds / 3_600), 'hour', locale);
};

/** A running clock, `m:ss` or `h:mm:ss`; never below zero. */
export const formatClock = (ms: number): string => {
  const total = Math.max(0, Math.ceil(ms / 1_000));
  const [hours, minutes, seconds] = [Math.floor(total / 3_600), Math.floor(total / 60) % 60, total % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
};
