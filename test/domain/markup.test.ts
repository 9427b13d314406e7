import test from 'ava';
import { escapedMarkup } from '../../src/domain/markup.ts';

test('no text can leave the place in a page where it was put', (t) => {
  t.is(
    escapedMarkup(`<b title="x" lang='y'>a & b</b>`),
    '&#60;b title=&#34;x&#34; lang=&#39;y&#39;&#62;a &#38; b&#60;/b&#62;',
  );
  t.is(escapedMarkup('São Paulo, 5 × 3'), 'São Paulo, 5 × 3');
});
