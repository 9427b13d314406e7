/**
 * Loaded into every process of tests (`nodeArguments` in ava.config.js): ends it when its tests are over and something keeps it
 * alive, says what, and so makes it a failure. ava would wait for ever: its timeout does not come round again once it has fallen
 * into the time of a test that asked for longer. What is kept is a fault of the product as a rule, a timer or a socket nobody ends.
 */
const PATIENCE_MS = 30_000;

const kept = (): string => process.getActiveResourcesInfo().join(', ');

// ava's last word to a process whose tests are over and told.
process.on('message', (message: { readonly ava?: { readonly type?: string } }) => {
  if (message.ava?.type !== 'free-worker') return;
  setTimeout(() => {
    process.stderr.write(`its tests are over, and these keep the process alive: ${kept()}\n`);
    process.exit(1);
  }, PATIENCE_MS).unref();
});
