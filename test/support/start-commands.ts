/** How the processes of an installation are started: the tests of several processes use these, and so does docker-compose.yml. */
export const START_COMMANDS = {
  migrate: ['migrate'],
  node: ['serve', '--role', 'gateway,tickets,payments'],
  sandbox: ['serve', '--role', 'sandbox'],
} as const;
