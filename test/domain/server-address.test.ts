import test from 'ava';
import { urlsOf, withoutSecrets } from '../../src/domain/server-address.ts';

test('an address of several hosts is one plain URL for each, in their order', (t) => {
  t.deepEqual(urlsOf('postgres://sale:p%2C@one:5432,two:5433,[::1]:5434/sale?sslmode=require'), [
    'postgres://sale:p%2C@one:5432/sale?sslmode=require',
    'postgres://sale:p%2C@two:5433/sale?sslmode=require',
    'postgres://sale:p%2C@[::1]:5434/sale?sslmode=require',
  ]);
  t.deepEqual(urlsOf('redis+cluster://one,two'), ['redis+cluster://one', 'redis+cluster://two']);
});

test('commas that are not between hosts separate nothing', (t) => {
  for (const one of [
    'redis://:a,b@cache:6379',
    'amqp://broker/a,b',
    'postgres://db/sale?options=a,b',
    'no address, at all',
  ])
    t.deepEqual(urlsOf(one), [one]);
});

test('what is shown of an address has every host and never the password', (t) => {
  t.is(withoutSecrets('postgres://sale:s3cret@one:5432,two:5432/sale'), 'postgres://one:5432,two:5432/sale');
  t.is(withoutSecrets('redis://:s3cret@cache:6379'), 'redis://cache:6379');
  t.is(withoutSecrets('https://api.stripe.com'), 'https://api.stripe.com');
});
