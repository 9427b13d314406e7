/** scheme://, user:password@, hosts, and the rest. A comma between hosts is what no URL parser takes. */
const PARTS = /^([a-z][a-z0-9+.-]*:\/\/)((?:[^/?#]*@)?)([^/?#]*)(.*)$/is;

/**
 * An address may name several hosts of one installation, as libpq writes it: `postgres://user@one:5432,two:5432/sale`. One
 * plain URL for each of them, in their order; what names one host, or is no address, comes back as it is.
 */
export const urlsOf = (address: string): readonly string[] => {
  const [, scheme, user, hosts, rest] = PARTS.exec(address) ?? [];
  return hosts === undefined ? [address] : hosts.split(',').map((host) => `${scheme}${user}${host}${rest}`);
};

/** For people, and as a name for the installation: every host, never the password. Throws where it is no address. */
export const withoutSecrets = (address: string): string => {
  const urls = urlsOf(address).map((one) => new URL(one));
  const [{ protocol, pathname } = { protocol: '', pathname: '/' }] = urls;
  return `${protocol}//${urls.map((one) => one.host).join(',')}${pathname === '/' ? '' : pathname}`;
};
