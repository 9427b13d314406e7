/** How the processes of an installation are started: the tests of several processes use these, and so does docker-compose.yml. */
export const START_COMMANDS = {
  migrate: ['migrate'],
  node: ['serve', '--role', 'gateway,tickets,payments'],
  gateway: ['serve', '--role', 'gateway'],
  tickets: ['serve', '--role', 'tickets'],
  payments: ['serve', '--role', 'payments'],
  sandbox: ['serve', '--role', 'sandbox'],
} as const;
