import test from 'ava';
import { networkOf } from '../../src/domain/network.ts';

test('an IPv4 address is one network, however it is written', (t) => {
  t.is(networkOf('203.0.113.7'), '203.0.113.7');
  t.is(networkOf('::ffff:203.0.113.7'), '203.0.113.7');
  t.is(networkOf('::FFFF:203.0.113.7'), '203.0.113.7');
});

test('the addresses of one IPv6 household are one network, those of two are two', (t) => {
  const home = networkOf('2001:db8:1:2:aaaa:bbbb:cccc:dddd');
  t.is(home, '2001:db8:1:2::/64');
  t.is(networkOf('2001:0DB8:0001:0002::1'), home);
  t.is(networkOf('2001:db8:1:2::'), home);
  t.not(networkOf('2001:db8:1:3::1'), home);
  t.is(networkOf('::1'), '0:0:0:0::/64');
  t.is(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
});

test('what is no address stands for itself', (t) => {
  for (const text of ['', 'unknown', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9']) t.is(networkOf(text), text);
});
