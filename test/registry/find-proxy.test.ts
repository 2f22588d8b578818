import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProxy } from '../../src/registry/find-proxy.ts';

// As in golang.org/x/net/http/httpproxy; test/real/proxy-contract.test.ts asks skopeo itself.

function find(url: string, environment: Readonly<Record<string, string>>): string | null {
  return findProxy(new URL(url), environment)?.href ?? null;
}

const PROXY = 'http://proxy:3128/';

test('findProxy takes the variable of the scheme, in upper case before lower case', () => {
  const cases: readonly (readonly [string, Record<string, string>, string | null])[] = [
    ['https://r.example', {}, null],
    ['https://r.example', { HTTPS_PROXY: PROXY }, PROXY],
    ['https://r.example', { https_proxy: PROXY }, PROXY],
    ['https://r.example', { HTTPS_PROXY: PROXY, https_proxy: 'http://other' }, PROXY],
    ['https://r.example', { HTTPS_PROXY: '', https_proxy: PROXY }, PROXY],
    ['https://r.example', { HTTP_PROXY: PROXY, ALL_PROXY: PROXY, all_proxy: PROXY }, null],
    ['https://r.example', { Https_Proxy: PROXY }, null],
    ['http://r.example', { HTTP_PROXY: PROXY, HTTPS_PROXY: 'http://other' }, PROXY],
    ['http://r.example', { http_proxy: PROXY }, PROXY],
    ['https://r.example', { HTTPS_PROXY: 'proxy:3128' }, PROXY],
    ['https://r.example', { HTTPS_PROXY: 'proxy' }, 'http://proxy/'],
    ['https://r.example', { HTTPS_PROXY: 'https://proxy:3128' }, 'https://proxy:3128/'],
    ['https://r.example', { HTTPS_PROXY: 'socks5://proxy:1080' }, 'socks5://proxy:1080'],
    ['https://r.example', { HTTPS_PROXY: 'http://u:p%40w@proxy' }, 'http://u:p%40w@proxy/'],
    ['https://r.example', { HTTPS_PROXY: 'http://[' }, null],
    ['https://localhost:5000', { HTTPS_PROXY: PROXY }, null],
    ['https://127.0.0.1:5000', { HTTPS_PROXY: PROXY }, null],
    ['https://127.8.9.10', { HTTPS_PROXY: PROXY }, null],
    ['https://[::1]:5000', { HTTPS_PROXY: PROXY }, null],
    ['https://localhost.example', { HTTPS_PROXY: PROXY }, PROXY],
  ];
  for (const [url, environment, expected] of cases)
    assert.equal(find(url, environment), expected, `${url} ${JSON.stringify(environment)}`);
});

// A URL, NO_PROXY, and whether it is asked directly.
const DIRECT: readonly (readonly [string, string, boolean])[] = [
  ['https://r.example.com', 'r.example.com', true],
  ['https://r.example.com', 'R.Example.COM', true],
  ['https://r.example.com', 'example.com', true],
  ['https://r.example.com', '.example.com', true],
  ['https://r.example.com', '*.example.com', true],
  ['https://example.com', 'example.com', true],
  ['https://example.com', '.example.com', false],
  ['https://example.com', '*.example.com', false],
  ['https://badexample.com', 'example.com', false],
  ['https://r.example.com', 'com', true],
  ['https://r.example.com', '*', true],
  ['https://r.example.com', 'a, * ,b', true],
  ['https://r.example.com', 'r*', false],
  ['https://r.example.com', ' a , r.example.com ,', true],
  ['https://r.example.com', 'a r.example.com', false],
  ['https://r.example.com:5000', 'example.com:5000', true],
  ['https://r.example.com:5000', 'example.com:5001', false],
  ['https://r.example.com:5000', '.example.com:5000', true],
  ['https://r.example.com', 'r.example.com:443', true],
  ['http://r.example.com', 'r.example.com:80', true],
  ['http://r.example.com', 'r.example.com:443', false],
  ['https://r.example.com', ':443', false],
  ['https://r.example.com', 'https://r.example.com', false],
  ['https://10.1.2.3:5000', '10.1.2.3', true],
  ['https://10.1.2.3:5000', '10.1.2.3:5000', true],
  ['https://10.1.2.3:5000', '10.1.2.3:5001', false],
  ['https://10.1.2.3:5000', '10.0.0.0/8', true],
  ['https://10.1.2.3:5000', '10.1.2.99/24', true],
  ['https://10.1.2.3:5000', '10.1.3.0/24', false],
  ['https://10.1.2.3:5000', '10.0.0.0/33', false],
  ['https://10.1.2.3:5000', '10', false],
  ['https://10.1.2.3:5000', '.3', false],
  ['https://[fd00::5]:5000', 'fd00::5', true],
  ['https://[fd00::5]:5000', 'fd00:0:0::5', true],
  ['https://[fd00::5]:5000', '[fd00::5]:5000', true],
  ['https://[fd00::5]:5000', '[fd00::5]:5001', false],
  ['https://[fd00::5]:5000', '[fd00::5]', false],
  ['https://[fd00::5]:5000', 'fd00::/8', true],
  ['https://[fd00::5]:5000', '10.0.0.0/8', false],
  ['https://r.example.com', '10.0.0.0/8', false],
];

test('findProxy leaves out what NO_PROXY names: hosts and what is below them, ports, addresses, networks', () => {
  for (const [url, noProxy, direct] of DIRECT) {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const found = find(url, { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, [name]: noProxy });
      assert.equal(found, direct ? null : PROXY, `${url} ${name}=${noProxy}`);
    }
  }
});
