// Exit code 0 when the address answers within two seconds: http://… with a 2xx, tcp://host:port with a connection.
import { connect } from 'node:net';

const TIMEOUT_MS = 2_000;
const address = new URL(process.argv[2] ?? `http://127.0.0.1:${process.env.PORT || 3000}/livez`);

const isUp = () => {
  if (address.protocol === 'tcp:') {
    return new Promise((resolve) => {
      const socket = connect({ host: address.hostname, port: Number(address.port), timeout: TIMEOUT_MS });
      const end = (up) => {
        socket.destroy();
        resolve(up);
      };
      socket.once('connect', () => end(true));
      socket.once('timeout', () => end(false));
      socket.once('error', () => end(false));
    });
  }
  return fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) }).then(
    (response) => response.ok,
    () => false,
  );
};

process.exit((await isUp()) ? 0 : 1);
