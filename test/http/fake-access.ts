import type { AccessOffice } from '../../src/domain/ports/access-office.ts';

/** An office that has no event. */
export const fakeAccess = (): AccessOffice => ({
  makeCodes: async () => null,
  codes: async () => null,
  revokeCode: async () => null,
  invite: async () => null,
});
