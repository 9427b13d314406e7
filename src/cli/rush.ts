import { StartError } from '../app/start-error.ts';

export const rushCommand = (): Promise<number> => Promise.reject(new StartError('rush is not merged yet.'));
