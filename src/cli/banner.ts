import type { RunningApp } from '../app.ts';

const line = (name: string, text: string): string => `  ${name.padEnd(12)}${text}\n`;

/** What runs, where, and what to try next. */
export const banner = (app: RunningApp): string => {
  let text = '\n  Catraca is on.\n\n';
  for (const part of app.parts) text += line(part.name, part.where === 'embedded' ? 'embedded' : part.where);
  text += '\n';
  if (app.url !== null) {
    text += line('Fans', app.url);
    text += line('Console', `${app.url}/operator`);
    text += line('API', `${app.url}/docs`);
  }
  if (app.serviceUrl !== null) text += line('Service', app.serviceUrl);
  if (app.sandboxUrl !== null)
    text += line('Sandbox', `${app.sandboxUrl}  (payment pages; test card 4242 4242 4242 4242)`);
  if (app.demoEvent !== null)
    text += line('Demo event', `${app.demoEvent.name}: ${app.url}/e/${app.demoEvent.eventId}`);
  if (app.url === null) return `${text}\n`;
  text += line('Operator', app.operatorToken);
  text += `\n  Next: npm run rush -- --fans 2000 --seats 500${app.url === 'http://127.0.0.1:3000' ? '' : ` --url ${app.url}`}\n\n`;
  return text;
};
