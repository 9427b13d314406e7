/** The eight groups of an IPv6 address, or null. A zone (`%eth0`) is left out. */
const groupsOf = (address: string): readonly string[] | null => {
  const [head = '', tail, ...more] = address.split('%')[0]?.split('::') ?? [];
  if (more.length > 0) return null;
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? groups : null;
};

/**
 * What counts as one address of many people or one machine's many addresses: an IPv4 address, or the first 64 bits of an
 * IPv6 one, which every household has to itself (RFC 6177). Text that is neither stands for itself.
 */
export const networkOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  if (!address.includes(':')) return address;
  const groups = groupsOf(address.toLowerCase());
  if (groups === null) return address;
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
};
